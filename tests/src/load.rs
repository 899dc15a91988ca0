//! A load of many kinds of runs, and what must be true of it in the end, whatever became of the workers.

use pgflow::{Client, Run};
use sqlx::PgPool;

use crate::database::TestDb;
use crate::stress::{self, Calls};
use crate::workflows::{self, Sum, Trouble};

/// Runs that are to end right.
#[derive(Debug, Default)]
pub struct Load {
    doubles: Vec<(i64, Run<workflows::double::Workflow>)>,
    chains: Vec<(u64, Run<workflows::chain40::Workflow>)>,
    diamonds: Vec<(i64, Run<workflows::diamond::Workflow>)>,
    squares: Vec<(u32, Run<workflows::squares::Workflow>)>,
    maps: Vec<(u32, Run<stress::big_map::Workflow>)>,
    rough: Vec<(usize, Run<stress::rough_map::Workflow>)>,
    failing: Vec<Run<workflows::trouble::Workflow>>,
    retried: Vec<Run<workflows::trouble::Workflow>>,
    ledgers: Vec<(i64, Run<workflows::ledger::Workflow>)>,
    ledger_maps: Vec<(i64, Run<stress::ledger_map::Workflow>)>,
    slow: Vec<Run<workflows::slow_chain::Workflow>>,
}

impl Load {
    /// Makes the tables that the load writes to.
    pub async fn prepare(db: &TestDb) {
        sqlx::raw_sql(Calls::TABLES).execute(&db.pool()).await.expect("the tables of the load are made");
    }

    /// Starts `size` runs of each quick kind, and a tenth as many of each that is wide or slow.
    pub async fn start(client: &Client, size: u32) -> Self {
        let mut load = Self::default();
        let few = (size / 10).max(1);
        for n in 0..size {
            let number = i64::from(n);
            load.doubles.push((number, started(workflows::double::start(client, number).await)));
            load.chains.push((u64::from(n), started(workflows::chain40::start(client, u64::from(n)).await)));
            load.diamonds.push((number, started(workflows::diamond::start(client, number).await)));
            load.ledgers.push((number, started(workflows::ledger::start(client, number).await)));
        }
        for n in 0..few {
            load.squares.push((50 + n, started(workflows::squares::start(client, 50 + n).await)));
            load.maps.push((300 + n, started(stress::big_map::start(client, (300 + n, 2)).await)));
            load.retried.push(started(workflows::trouble::start(client, Trouble::FailUntil(3)).await));
            load.failing.push(started(workflows::trouble::start(client, Trouble::Fatal).await));
            let rough: Vec<_> = (0..200)
                .map(|n| if n % 7 == 0 { stress::Item::FailsFirst(2) } else { stress::Item::Takes(1) })
                .collect();
            load.rough.push((rough.len(), started(stress::rough_map::start(client, rough).await)));
            let amounts: Vec<i64> = (0..60).map(|item| 1_000 + item).collect();
            load.ledger_maps.push((amounts.iter().sum(), started(stress::ledger_map::start(client, amounts).await)));
            load.slow.push(started(workflows::slow_chain::start(client, 40).await));
        }
        load
    }

    /// How many outcomes there are when all is done.
    #[must_use]
    pub fn outcomes(&self) -> u64 {
        let lists =
            self.squares.iter().map(|(n, _)| n + 2).sum::<u32>() + self.maps.iter().map(|(n, _)| n + 2).sum::<u32>();
        let plain = self.doubles.len() + self.chains.len() * 40 + self.diamonds.len() * 4 + self.ledgers.len() * 3;
        let few = self.retried.len() * 3 + self.failing.len() * 2 + self.slow.len() * 5;
        let maps = self.rough.iter().map(|(n, _)| n + 1).sum::<usize>() + self.ledger_maps.len() * 61;
        u64::from(lists) + (plain + few + maps) as u64
    }

    /// Waits for every run; each must end as it ought to.
    pub async fn assert_right(self) {
        for (n, run) in self.doubles {
            assert_eq!(run.output().await.expect("double"), n * 2);
        }
        for (n, run) in self.chains {
            assert_eq!(run.output().await.expect("chain40"), n + 40);
        }
        for (n, run) in self.diamonds {
            assert_eq!(run.output().await.expect("diamond"), (n + 1) * (n + 2));
        }
        for (count, run) in self.squares {
            let numbers = 0..u64::from(count);
            let right = Sum { count: count as usize, sum: numbers.map(|n| n * n).sum(), in_order: true };
            assert_eq!(run.output().await.expect("squares"), right);
        }
        for (n, run) in self.maps {
            assert_eq!(run.output().await.expect("big_map"), u64::from(n) * u64::from(n - 1));
        }
        for (count, run) in self.rough {
            assert_eq!(run.output().await.expect("rough_map"), count);
        }
        for run in self.retried {
            assert_eq!(run.output().await.expect("a run that is tried three times"), "after 3");
        }
        for run in self.failing {
            let error = run.output().await.expect_err("a run that fails").to_string();
            assert!(error.contains("no use"), "{error}");
        }
        for (n, run) in self.ledgers {
            assert_eq!(run.output().await.expect("ledger"), n);
        }
        for (sum, run) in self.ledger_maps {
            assert_eq!(run.output().await.expect("ledger_map"), sum);
        }
        for run in self.slow {
            assert_eq!(run.output().await.expect("slow_chain"), 5);
        }
    }
}

fn started<W: pgflow::Workflow>(run: Result<Run<W>, pgflow::Error>) -> Run<W> {
    run.expect("a run is started")
}

/// Every run has ended, and nothing is left of any, messages included; each unit of each completed run has one outcome and no
/// other has; the ledger has what was booked, once.
pub async fn assert_exact(db: &TestDb) {
    db.assert_all_ended().await;
    let pool = db.pool();
    assert_eq!(count(&pool, "select count(*) from pgflow.inbox").await, 0, "messages that nobody will read");
    let wrong: Vec<(uuid::Uuid, String, String, i64)> = sqlx::query_as(
        "select r.id, w.name, s.name, c.units
         from pgflow.run r
         join pgflow.run_end e on e.run_id = r.id and e.status = 'c'
         join pgflow.version v on v.id = r.version_id
         join pgflow.workflow w on w.id = v.workflow_id
         join pgflow.step s on s.version_id = r.version_id
         left join pgflow.map m on m.run_id = r.id and m.step = s.number
         cross join lateral (
             select count(*) filter (where o.kind = 'c' and o.index between 0 and m.items - 1) as items,
                    count(*) filter (where o.kind = 'c' and o.index = -1) as plain, count(*) as units
             from pgflow.outcome o where o.run_id = r.id and o.step = s.number) c
         where case when s.is_map then c.items is distinct from m.items::bigint or c.units is distinct from m.items::bigint
                    else c.plain <> 1 or c.units <> 1 end",
    )
    .fetch_all(&pool)
    .await
    .expect("outcomes can be counted");
    assert!(wrong.is_empty(), "steps without exactly one outcome for each unit: {wrong:#?}");
    assert_ledger(&pool).await;
}

/// One entry for each run of `ledger`, `slow_ledger`, and for each item of `ledger_map`: of the right amount.
async fn assert_ledger(pool: &PgPool) {
    let wrong: Vec<(Option<uuid::Uuid>, Option<i64>, i64, i64)> = sqlx::query_as(
        "with booked as (
             select run_id, amount, count(*) as times from ledger group by run_id, amount
         ), due as (
             select o.run_id, (o.output #>> '{}')::bigint as amount, count(*) as times
             from pgflow.outcome o
             join pgflow.run r on r.id = o.run_id
             join pgflow.step s on s.version_id = r.version_id and s.number = o.step and s.name = 'book'
             where o.kind = 'c'
             group by 1, 2
         )
         select run_id, amount, coalesce(b.times, 0), coalesce(d.times, 0)
         from booked b full join due d using (run_id, amount)
         where b.times is distinct from d.times",
    )
    .fetch_all(pool)
    .await
    .expect("the ledger can be read");
    assert!(wrong.is_empty(), "(run, amount, booked, recorded) of the ledger and the outcomes disagree: {wrong:#?}");
}

/// A number that a query gives.
///
/// # Panics
/// When it gives none.
pub async fn count(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.expect("the query gives a number")
}
