//! The engine broken on purpose: a test that does not notice is worth nothing.
//!
//! `PGFLOW_MUTATION=name` breaks the functions of the schema in the test's databases by replacing text; it fails when the text is
//! no longer there. The test then succeeds when a seed fails.

/// One way to break the engine.
pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    /// What is replaced: (function, text, by what).
    pub(crate) changes: &'static [(&'static str, &'static str, &'static str)],
}

/// All of them.
pub(crate) const MUTATIONS: &[Mutation] = &[
    // A worker that counts as dead goes on writing.
    Mutation { name: "fence", changes: &[("fence", "if not found then", "if false then")] },
    // And recovery does not even wait for it.
    Mutation {
        name: "fence-and-lock",
        changes: &[("fence", "if not found then", "if false then"), ("fence", "for key share", "")],
    },
    // A wake-up queues a run though it has an owner.
    Mutation {
        name: "upsert",
        changes: &[(
            "make_due",
            "    update ready set due = true",
            "    insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
    select p_bucket, r.id, r.period, r.version_id, r.priority, pgflow.now(), true, false, r.queue, r.namespace from run r where r.id = any(p_runs)
    on conflict (bucket, run_id) do update set due = true, available_at = excluded.available_at;
    update ready set due = true",
        )],
    },
    // Recovery reads what a silent worker owns before it is locked out, on a server that has other things to do in between.
    Mutation {
        name: "early-recovery",
        changes: &[
            ("recover", "v_runs uuid[] := '{}';", "v_runs uuid[] := '{}'; v_early uuid[]; v_early_of int[];"),
            (
                "recover",
                "dead := 0; runs := 0; tasks := 0; more := false;",
                "dead := 0; runs := 0; tasks := 0; more := false;
    select array_agg(c.worker_id), array_agg(u.id) into v_early_of, v_early
    from claim c join worker w on w.bucket = c.bucket and w.id = c.worker_id cross join lateral unnest(c.runs) u(id)
    where c.bucket = p_bucket and (w.dead_at is not null or v_now - w.beat_at > w.silence_limit);
    perform pg_sleep(0.05);",
            ),
            ("recover", "if v_claims is not null then", "if v_claims is not null or v_early is not null then"),
            (
                "recover",
                "from freed f cross join lateral unnest(f.runs) r(id);",
                "from freed f cross join lateral unnest(f.runs) r(id);
        v_runs := array(select e.run from unnest(v_early_of, v_early) e(worker, run) where e.worker = any(v_gone));",
            ),
        ],
    },
    // A run that ends or parks stays in the claim of its worker.
    Mutation { name: "departure", changes: &[("exchange", "coalesce(array_agg(distinct e.claim), '{}')", "'{}'::bigint[]")] },
    // Two workers lower what is out of a step at the same time, and one of them is lost.
    Mutation { name: "lost-decrement", changes: &[("lower_shares", "limit 1 for update", "limit 1")] },
    // A call whose answer was lost claims anew.
    Mutation { name: "repeated-claim", changes: &[("exchange", "if p_repeated and found then", "if false then")] },
    // A worker does not learn of a run that was started for it when the answer was lost.
    Mutation {
        name: "unsettled-start",
        changes: &[("settle_start", "pgflow.claimed(p_bucket, p_number, p_queues, v_runs, v_runs)", "pgflow.claimed(p_bucket, p_number, p_queues, '{}', '{}')")],
    },
    // A call whose answer was lost gives its work away twice.
    Mutation {
        name: "repeated-share",
        changes: &[("exchange", "if cardinality(v_runs) = 0 and cardinality(s_entry) > 0 then", "if false then")],
    },
    // A step's transaction commits though the run is with somebody else by now.
    Mutation { name: "unchecked-commit", changes: &[("commit_step", "if not found then", "if false then")] },
    // The outcomes of a task count though it was taken back, since its run has ended.
    Mutation {
        name: "unchecked-task",
        changes: &[(
            "exchange",
            "else exists (select from task t where t.bucket = p_bucket and t.id = e.task and t.worker_id = p_worker) end\n",
            "else true end\n",
        )],
    },
];
