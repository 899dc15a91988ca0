//! The statements of this crate, each in a file of its own. A test prepares every one of them.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = include_str!(concat!("../../sql/", $file, ".sql"));)*

        /// All statements, by the name of their file.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$(($file, $name)),*];
    };
}

statements! {
    ADD_NOTES = "add_notes";
    APPLIED_MIGRATIONS = "applied_migrations";
    BEAT = "beat";
    BEGIN_STEP = "begin_step";
    CANCEL_ATTEMPT = "cancel_attempt";
    CANCEL_RUN = "cancel_run";
    CANCEL_RUNS = "cancel_runs";
    CARRY_OVER = "carry_over";
    COMMIT_REPEAT = "commit_repeat";
    COMMIT_STEP = "commit_step";
    CREATE_SCHEDULE = "create_schedule";
    CREATE_WORKFLOW = "create_workflow";
    #[cfg_attr(not(feature = "embedded"), allow(dead_code, reason = "asked by the embedded server only"))]
    DATABASE_EXISTS = "database_exists";
    DELETE_WORKFLOW = "delete_workflow";
    DESCRIBE_RUN = "describe_run";
    DELETE_SCHEDULE = "delete_schedule";
    DISCONNECT_SILENT = "disconnect_silent";
    DROP_MONTH = "drop_month";
    DUE_SCHEDULES = "due_schedules";
    DYNAMIC_VERSIONS = "dynamic_versions";
    ENSURE_PARTITIONS = "ensure_partitions";
    EXCHANGE = "exchange";
    FIRE_SCHEDULE = "fire_schedule";
    FORGET_KEYS = "forget_keys";
    FORK_RUN = "fork_run";
    FORGET_WORKERS = "forget_workers";
    HAS_REPEATED = "has_repeated";
    HAS_SCHEMA = "has_schema";
    HOLD_SCHEDULE = "hold_schedule";
    IMPORT_DOCUMENT = "import_document";
    JSON_IS_ACCEPTED = "json_is_accepted";
    LIST_RUNS = "list_runs";
    LIST_SCHEDULE_EVENTS = "list_schedule_events";
    LIST_SCHEDULES = "list_schedules";
    LIST_STEPS = "list_steps";
    LIST_WORKFLOWS = "list_workflows";
    LIVE_VERSIONS = "live_versions";
    #[cfg_attr(not(feature = "embedded"), allow(dead_code, reason = "asked by the embedded server only"))]
    LOCK_BY_NAME = "lock_by_name";
    LOCK_MIGRATIONS = "lock_migrations";
    MAKE_CURRENT = "make_current";
    MISSING_HANDLERS = "missing_handlers";
    NOTIFY = "notify";
    OTHER_VERSIONS = "other_versions";
    PAGE_OF_RUNS = "page_of_runs";
    PAUSE_RUN = "pause_run";
    PAUSE_RUNS = "pause_runs";
    PAUSE_SCHEDULE = "pause_schedule";
    PROMOTE = "promote";
    PRUNE_EXPIRED = "prune_expired";
    RECORD_MIGRATION = "record_migration";
    RECORDED_OUTPUT = "recorded_output";
    RECOVER = "recover";
    REGISTER = "register";
    REGISTER_WORKER = "register_worker";
    REMOVE_RUNS = "remove_runs";
    RESUME_RUN = "resume_run";
    RESUME_RUNS = "resume_runs";
    RESUME_SCHEDULE = "resume_schedule";
    RETRY_STEP = "retry_step";
    RETIRE_WORKER = "retire_worker";
    RUN_CHILDREN = "run_children";
    RUN_ERRANDS = "run_errands";
    RUN_EVENTS = "run_events";
    RUN_INPUT = "run_input";
    RUN_NOTES = "run_notes";
    RUN_OUTCOMES = "run_outcomes";
    RUN_RESULTS = "run_results";
    RUN_SIGNALS = "run_signals";
    RUNS_TO_CARRY = "runs_to_carry";
    SEND_SIGNAL = "send_signal";
    SERVER_VERSION = "server_version";
    SET_LOCK_TIMEOUT = "set_lock_timeout";
    SETTLE_START = "settle_start";
    SET_RETENTION = "set_retention";
    START_BY_NAME = "start_by_name";
    START_CLAIMED = "start_claimed";
    START_LATEST = "start_latest";
    START_RUNS = "start_runs";
    TRIGGER_SCHEDULE = "trigger_schedule";
    TAKE_VERSIONS = "take_versions";
    UPDATE_WORKFLOW = "update_workflow";
    VERSIONS = "versions";
    VERSION_ID = "version_id";
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use sqlx::{Executor as _, PgPool, SqlSafeStr as _};

    use super::ALL;

    /// A statement that does not fit the schema fails here, and not in somebody's production.
    #[tokio::test]
    async fn every_statement_is_accepted_by_a_fresh_database() {
        let postgres = crate::embedded::test_cluster().await.unwrap();
        let database = postgres.test_database(None).await.unwrap();
        let pool = PgPool::connect_with(database.connect_options()).await.unwrap();
        crate::migrate(&pool).await.unwrap();
        for (name, sql) in ALL {
            if let Err(error) = pool.prepare(sql.into_sql_str()).await {
                panic!("statement `{name}`: {error}");
            }
        }
    }
}
