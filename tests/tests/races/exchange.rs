//! `pgflow.exchange`, the round trip of a worker, with little to fill in.

use sqlx::PgConnection;
use uuid::Uuid;

/// A call of `pgflow.exchange`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) worker: i32,
    pub(crate) number: i64,
    pub(crate) marker: i64,
    pub(crate) version: i32,
    pub(crate) max_runs: i32,
    pub(crate) max_tasks: i32,
    pub(crate) entries: Vec<Entry>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) maps: Vec<(i32, i16, i32)>,
    pub(crate) shares: Vec<Share>,
    pub(crate) heard: Vec<i64>,
    pub(crate) watch: Vec<Uuid>,
    pub(crate) known: Vec<i64>,
    /// Whether it is sent for the first time, as far as the worker says: all it records is then expected to be new.
    pub(crate) first: bool,
}

/// A run or a task of the worker's.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) run: Uuid,
    pub(crate) claim: i64,
    pub(crate) task: i64,
    pub(crate) fate: i16,
    pub(crate) due_ms: i64,
    pub(crate) shared: bool,
}

pub(crate) const GOES_ON: i16 = 0;
pub(crate) const COMPLETED: i16 = 1;
pub(crate) const FAILED: i16 = 2;
pub(crate) const PARKED: i16 = 4;
pub(crate) const PAUSED: i16 = 6;

/// What a unit gave: JSON, or an error.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) entry: i32,
    pub(crate) step: i16,
    pub(crate) index: i32,
    pub(crate) result: Result<&'static str, &'static str>,
}

/// A failed attempt that another one follows.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) entry: i32,
    pub(crate) step: i16,
    pub(crate) index: i32,
    pub(crate) number: i16,
    pub(crate) retry_ms: i64,
}

/// A range of items that is given away; each item is 0.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    pub(crate) entry: i32,
    pub(crate) step: i16,
    pub(crate) first: i32,
    pub(crate) count: i32,
}

/// A row of the answer; its kinds are told at the type `pgflow.answer`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) kind: i16,
    pub(crate) run_id: Option<Uuid>,
    pub(crate) number: Option<i64>,
    pub(crate) step: Option<i32>,
    pub(crate) index: Option<i32>,
    pub(crate) attempts: Option<i32>,
}

impl Exchange {
    pub(crate) fn run(mut self, run: Uuid, claim: i64, fate: i16) -> Self {
        let shared = fate != GOES_ON;
        self.entries.push(Entry { run, claim, task: 0, fate, due_ms: 0, shared });
        self
    }

    pub(crate) fn parked(mut self, run: Uuid, claim: i64, due_ms: i64) -> Self {
        self.entries.push(Entry { run, claim, task: 0, fate: PARKED, due_ms, shared: false });
        self
    }

    pub(crate) fn task(mut self, run: Uuid, task: i64, fate: i16) -> Self {
        self.entries.push(Entry { run, claim: 0, task, fate, due_ms: 0, shared: false });
        self
    }

    /// An outcome of the last entry.
    pub(crate) fn outcome(mut self, step: i16, index: i32, result: Result<&'static str, &'static str>) -> Self {
        self.outcomes.push(Outcome { entry: self.last(), step, index, result });
        self
    }

    /// A failed attempt of the last entry.
    pub(crate) fn attempt(mut self, step: i16, index: i32, number: i16, retry_ms: i64) -> Self {
        self.attempts.push(Attempt { entry: self.last(), step, index, number, retry_ms });
        self
    }

    /// The size of a map step of the last entry.
    pub(crate) fn map(mut self, step: i16, items: i32) -> Self {
        self.maps.push((self.last(), step, items));
        self
    }

    /// A range of items that the last entry gives away.
    pub(crate) fn share(mut self, step: i16, first: i32, count: i32) -> Self {
        self.shares.push(Share { entry: self.last(), step, first, count });
        self
    }

    fn last(&self) -> i32 {
        i32::try_from(self.entries.len()).unwrap()
    }

    /// Calls it.
    #[allow(clippy::type_complexity, reason = "a row, taken apart at once")]
    pub(crate) async fn call(&self, connection: &mut PgConnection) -> sqlx::Result<Vec<Answer>> {
        fn each<T, V>(list: &[T], value: impl Fn(&T) -> V) -> Vec<V> {
            list.iter().map(value).collect()
        }
        let period = |entry: &Entry| i32::try_from((entry.run.as_u128() >> 80) / 86_400_000).unwrap();
        let items = |share: &Share| format!("[{}]", vec!["0"; usize::try_from(share.count).unwrap()].join(","));
        let rows: Vec<(i16, Option<Uuid>, Option<i64>, Option<i32>, Option<i32>, Option<i32>)> = sqlx::query_as(
            "select kind, run_id, number, step, index, attempts from pgflow.exchange(
                 p_bucket => 0, p_worker => $1, p_number => $2, p_repeated => $36, p_marker => $3, p_queues => '{default}', p_versions => array[$4],
                 p_priorities => null, p_seqs => null,
                 p_max_runs => case when $5 > 0 then array[$5] end, p_max_tasks => case when $6 > 0 then array[$6] end,
                 p_after_runs => null, p_after_tasks => null,
                 e_run => $7, e_period => $8, e_claim => $9, e_task => $10, e_fate => $11, e_due_ms => $12, e_shared => $13,
                 e_error => array_fill(null::text, array[cardinality($7)]),
                 o_entry => $14, o_step => $15, o_index => $16, o_kind => $17::text[]::\"char\"[],
                 o_attempts => array_fill(1::smallint, array[cardinality($14)]),
                 o_duration_ms => array_fill(1::real, array[cardinality($14)]), o_output => $18::text[]::jsonb[], o_error => $19,
                 a_entry => $20, a_step => $21, a_index => $22, a_number => $23,
                 a_duration_ms => array_fill(1::real, array[cardinality($20)]), a_retry_ms => $24,
                 a_error => array_fill('not yet'::text, array[cardinality($20)]),
                 a_item => array_fill('0'::jsonb, array[cardinality($20)]),
                 m_entry => $25, m_step => $26, m_items => $27,
                 s_entry => $28, s_step => $29, s_first => $30, s_count => $31,
                 s_attempts => array_fill(0::smallint, array[cardinality($28)]), s_queue => array_fill(null::text, array[cardinality($28)]), s_items => $32::text[]::jsonb[],
                 b_entry => '{}', b_step => '{}', b_index => '{}', b_attempt => '{}', b_alone => '{}',
                 p_heard => $33, p_watch => $34, p_watch_from => null, p_known => $35)",
        )
        .bind(self.worker)
        .bind(self.number)
        .bind(self.marker)
        .bind(self.version)
        .bind(self.max_runs)
        .bind(self.max_tasks)
        .bind(each(&self.entries, |e| e.run))
        .bind(each(&self.entries, period))
        .bind(each(&self.entries, |e| e.claim))
        .bind(each(&self.entries, |e| e.task))
        .bind(each(&self.entries, |e| e.fate))
        .bind(each(&self.entries, |e| e.due_ms))
        .bind(each(&self.entries, |e| e.shared))
        .bind(each(&self.outcomes, |o| o.entry))
        .bind(each(&self.outcomes, |o| o.step))
        .bind(each(&self.outcomes, |o| o.index))
        .bind(each(&self.outcomes, |o| if o.result.is_ok() { "c" } else { "f" }))
        .bind(each(&self.outcomes, |o| o.result.ok()))
        .bind(each(&self.outcomes, |o| o.result.err()))
        .bind(each(&self.attempts, |a| a.entry))
        .bind(each(&self.attempts, |a| a.step))
        .bind(each(&self.attempts, |a| a.index))
        .bind(each(&self.attempts, |a| a.number))
        .bind(each(&self.attempts, |a| a.retry_ms))
        .bind(each(&self.maps, |m| m.0))
        .bind(each(&self.maps, |m| m.1))
        .bind(each(&self.maps, |m| m.2))
        .bind(each(&self.shares, |s| s.entry))
        .bind(each(&self.shares, |s| s.step))
        .bind(each(&self.shares, |s| s.first))
        .bind(each(&self.shares, |s| s.count))
        .bind(each(&self.shares, items))
        .bind(&self.heard)
        .bind(&self.watch)
        .bind(&self.known)
        .bind(!self.first)
        .fetch_all(connection)
        .await?;
        let answer =
            |(kind, run_id, number, step, index, attempts)| Answer { kind, run_id, number, step, index, attempts };
        Ok(rows.into_iter().map(answer).collect())
    }
}
