//! The engine broken on purpose: a test that does not notice is worth nothing.
//!
//! `PGFLOW_MUTATION=name` breaks the functions of the schema in the test's databases by replacing text; it fails when the text is
//! no longer there. The test then succeeds when a case fails.

/// One way to break the engine.
pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    /// What is replaced: (function, text, by what).
    pub(crate) changes: &'static [(&'static str, &'static str, &'static str)],
}

/// All of them.
pub(crate) const MUTATIONS: &[Mutation] = &[
    // A worker that counts as dead goes on writing of the runs that it had.
    Mutation {
        name: "zombie",
        changes: &[
            ("fence", "if not found then", "if false then"),
            ("exchange", "where not case when e.claim > 0", "where false and not case when e.claim > 0"),
        ],
    },
    // A wake-up queues a run though it has an owner.
    Mutation {
        name: "wake-owned",
        changes: &[(
            "make_due",
            "    update ready set due = true",
            "    insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, queue, namespace)
    select p_bucket, r.id, r.period, r.version_id, r.priority, pgflow.now(), true, false, r.queue, r.namespace from run r where r.id = any(p_runs)
    on conflict (bucket, run_id) do nothing;
    update ready set due = true",
        )],
    },
    // What has not begun, and is to later, is woken as if it were parked.
    Mutation {
        name: "wake-scheduled",
        changes: &[(
            "make_due",
            "select r.ctid from ready r where r.bucket = p_bucket and r.run_id = w.id and not (r.due or r.paused or r.fresh)",
            "select r.ctid from ready r where r.bucket = p_bucket and r.run_id = w.id and not (r.due or r.paused)",
        )],
    },
    // A run that ends or parks stays in the claim of its worker.
    Mutation { name: "stays-claimed", changes: &[("exchange", "coalesce(array_agg(distinct e.claim), '{}')", "'{}'::bigint[]")] },
    // Resuming a failed run gives back no attempts.
    Mutation { name: "resume-forgets", changes: &[("revive_runs", "then somebody had the run go on'), true", "then somebody had the run go on'), false")] },
    // It gives back the number of the attempt that failed, too.
    Mutation { name: "resume-repeats", changes: &[("revive_runs", "where a.attempts > 0", "where false")] },
    // Who takes a run up counts its failed attempts wrong.
    Mutation { name: "history-counts", changes: &[("history", "max(a.number)::int, null", "min(a.number)::int, null")] },
    // A retry at once is forgotten with its worker.
    Mutation { name: "retry-forgotten", changes: &[("retry_step", "a.retry_at > v_now", "false")] },
    // A fork takes over a failure, or what is executed again.
    Mutation { name: "fork-fails", changes: &[("fork_run", " and o.kind <> 'f'", "")] },
    Mutation { name: "fork-keeps", changes: &[("fork_run", "a.number = any(s.depends_on)", "false")] },
    // An attempt is cancelled of another item.
    Mutation { name: "cancels-another", changes: &[("cancel_attempt", "then p_index else -1 end", "then 0 else -1 end")] },
    // What a dead worker had is handed on a little too late: for good.
    Mutation { name: "recovery-parks", changes: &[("recover", "v_now, true, false, r.queue", "v_now + interval '1 h', false, false, r.queue")] },
    // The size of a map is forgotten.
    Mutation { name: "no-maps", changes: &[("exchange", "where not m.entry = any(v_refused)", "where m.items > 0 and not m.entry = any(v_refused)")] },
];
