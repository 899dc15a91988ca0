-- Intent: the tables of runs. Those that grow with history are partitioned by the period of the run's start, so that retention
--         drops partitions; those that hold what is under way stay small.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.
--
-- Lock order, for every function of this schema:
--     workflow -> schedule -> errand -> latest -> worker -> task -> share -> mark -> run -> inbox -> ready
-- and within a table by key. Guards are read after the lock, in a later statement. A claim has no
-- place in it: its own worker alone changes it, or recovery once that worker is dead.
--
-- Plans: those of the hot path are made while the tables are empty and were never analyzed, and are kept for the life of a
-- connection. So nothing is left to estimates: sequential scans are off, plans are generic, and whatever is looked up for the
-- elements of an array is looked up in a lateral subquery with a limit (or `offset 0`): the planner cannot turn that round, and
-- inside it the whole key is an index condition. Rows to change are locked by such a lookup, and changed by their ctid in a later
-- statement (in the same one, a row that was waited for would be looked for where it stood before the wait, and be missed).
--
-- The invariant: a run that has not ended has either exactly one `ready` row or exactly one live owner (a `claim` that names it,
-- of a worker that is not dead). Deleting the `ready` row is the only way to own a run.

-- History ---------------------------------------------------------------------------------------------------------------------

-- One row a run, written at its start. No index mentions a column that changes.
create table pgflow.run (
    bucket     int not null,
    period     int not null,
    id         uuid not null,
    version_id int not null,
    -- Whether the input was made from the declared type (or else is to be checked by the worker that claims the run first).
    checked    boolean not null,
    -- How often the run has lost its owner to a crash.
    crashes    smallint not null default 0,
    priority   int not null,
    created_at timestamptz not null,
    -- When it fails unless it has ended by then; null: never.
    deadline_at timestamptz,
    queue      text not null,
    namespace  text not null,
    input      jsonb not null,
    -- Of a run that is a step of another one: which, and the step and item there.
    parent_id    uuid,
    parent_step  smallint,
    parent_index int,
    primary key (bucket, period, id)
) partition by range (period);

-- Pages of a workflow's runs, and of a namespace's.
create index run_of_version on pgflow.run (bucket, version_id, period, id);
create index run_of_namespace on pgflow.run (bucket, namespace, period, id) where namespace <> '';

-- One row an ended run. Its output is derived from the outcomes of the last steps.
create table pgflow.run_end (
    bucket   int not null,
    period   int not null,
    run_id   uuid not null,
    ended_at timestamptz not null,
    status   "char" not null check (status in ('c', 'f', 'x')), -- completed, failed, cancelled
    -- What the run failed of, where that is no outcome of a step: an input that does not fit, for example. Of a cancelled one, why.
    error    text,
    primary key (bucket, period, run_id)
) partition by range (period);

-- Pages of runs that have failed, or were cancelled.
create index run_end_of_status on pgflow.run_end (bucket, status, period, run_id) where status <> 'c';

-- One row an outcome: append only. Its key is what makes outcomes unique.
create table pgflow.outcome (
    bucket      int not null,
    period      int not null,
    run_id      uuid not null,
    -- The item of a map step, from 0; -1 for a plain step.
    index       int not null,
    step        smallint not null,
    attempts    smallint not null,
    worker_id   int not null,
    -- How long the last attempt took.
    duration_ms real not null,
    recorded_at timestamptz not null,
    kind        "char" not null, -- completed, failed, skipped
    output      jsonb,
    error       text,
    primary key (bucket, period, run_id, step, index),
    -- One constraint, for each is read from its text by every statement that inserts. What is skipped or has failed says why; it may
    -- have had no attempt.
    check (case kind when 'c' then output is not null and error is null and attempts >= 1
                     when 'f' then output is null and error is not null and attempts >= 0
                     when 's' then output is null and error is not null and attempts >= 0 else false end and index >= -1)
) partition by range (period);

-- One row a failed attempt after which another one follows: append only, but that people may bring the next one forward. Number 0 is no
-- attempt: it says until when the step waits before its first one.
create table pgflow.attempt (
    bucket      int not null,
    period      int not null,
    run_id      uuid not null,
    index       int not null check (index >= -1),
    step        smallint not null,
    number      smallint not null check (number >= 0),
    worker_id   int not null,
    duration_ms real not null,
    failed_at   timestamptz not null,
    retry_at    timestamptz not null,
    error       text not null,
    -- It was the last one, and then somebody had the run go on: the attempts that the step has are counted from here.
    resumed     boolean not null default false,
    primary key (bucket, period, run_id, step, index, number)
) partition by range (period);

create sequence pgflow.action_number;

-- How many items a map step of a run has: append only.
create table pgflow.map (
    bucket int not null,
    period int not null,
    run_id uuid not null,
    step   smallint not null,
    items  int not null check (items >= 0),
    primary key (bucket, period, run_id, step)
) partition by range (period);

-- One row an action of somebody on a run: append only. What its worker does of itself is told by the other tables.
create table pgflow.action (
    bucket int not null,
    period int not null,
    run_id uuid not null,
    number bigint not null default nextval('pgflow.action_number'),
    at     timestamptz not null,
    kind   text not null check (kind in ('start', 'cancel', 'cancel_attempt', 'pause', 'resume', 'retry', 'fork', 'debounce', 'carry')),
    actor  text not null,
    reason text,
    -- What else is to be known: the step; the run that a fork was made of; how the run had ended before it was resumed.
    detail jsonb not null default '{}',
    primary key (bucket, period, run_id, number)
) partition by range (period);

-- Of each unit that has asked to be executed again: how often, when it is due, and what it has to remember.
create table pgflow.repeat (
    bucket   int not null,
    period   int not null,
    run_id   uuid not null,
    step     smallint not null,
    index    int not null check (index >= -1),
    count    int not null check (count >= 0),
    -- How many of its failed attempts lie before: each time it has all of them again.
    attempts smallint not null check (attempts >= 0),
    -- When it has asked first; when it is due.
    began_at timestamptz not null,
    due_at   timestamptz not null,
    -- Whether it is no part of its task any more: until then, whoever takes that executes it.
    handed   boolean not null,
    state    jsonb not null,
    primary key (bucket, period, run_id, step, index)
) partition by range (period);

-- The runs that are steps of others: append only.
create table pgflow.child (
    bucket     int not null,
    period     int not null,
    -- The parent, with the step and item (-1 for a plain step), and which attempt of that has started the child.
    run_id     uuid not null,
    step       smallint not null,
    index      int not null check (index >= -1),
    number     smallint not null check (number >= 1),
    child_id   uuid not null,
    started_at timestamptz not null,
    primary key (bucket, period, run_id, step, index, number)
) partition by range (period);

create sequence pgflow.signal_number;

-- One row a signal that was sent to a run, for a step that waits for it or will: append only. The number tells the first from the later
-- ones: it is given while the run is locked.
create table pgflow.signal (
    bucket  int not null,
    period  int not null,
    run_id  uuid not null,
    step    smallint not null,
    number  bigint not null default nextval('pgflow.signal_number'),
    sent_at timestamptz not null,
    sender  text not null,
    payload jsonb not null,
    primary key (bucket, period, run_id, step, number)
) partition by range (period);

create sequence pgflow.note_number;

-- What handlers say of their progress: append only, written off the hot path, a few rows a second and attempt at most.
create table pgflow.note (
    bucket   int not null,
    period   int not null,
    run_id   uuid not null,
    number   bigint not null default nextval('pgflow.note_number'),
    at       timestamptz not null,
    step     smallint not null,
    index    int not null,
    attempt  smallint not null,
    -- From 0 to 1.
    progress real check (progress between 0 and 1),
    message  text check (octet_length(message) <= 10000),
    primary key (bucket, period, run_id, number)
) partition by range (period);

-- The tables of history, each of which has a partition a month.
create function pgflow.history_tables() returns text[]
language sql immutable parallel safe
as $$ select array['run', 'run_end', 'outcome', 'attempt', 'map', 'action', 'child', 'repeat', 'signal', 'note'] $$;

-- Makes the partitions of a month and of those after it, up to p_months in all, and gives how many were made. Rows outside all of them
-- (of runs that were started before any worker had made their month; a clock that jumped) go to the default partition.
--
-- Where the default partition holds rows of a month already, that month cannot have a partition before they are out of it. Few are moved
-- there: 10,000 at most, of default partitions of 200 MB at most, so that the locks below last some hundred milliseconds. With more, the
-- month is passed over, and looked at again by the next caller. The rows of that month go on standing in the default partition, where
-- all works as in others, but for retention: it removes them run by run, and not as a whole. Nothing is refused meanwhile, and other
-- months are made: also these only while the default partitions' rows take no more than 1 GB, for they are read with the locks held, to
-- make sure that none of the month is among them.
--
-- Locks: each partitioned table and its default partition (access exclusive: briefly, once a month, and before anything is changed;
-- gives up after 100 ms for each and is tried again by the next caller), behind an advisory lock of its own. Where nothing is to be
-- made, none. An insert that has the partitioned table is waited for: one that found the default partition closed would fail.
create function pgflow.ensure_partitions(p_from timestamptz, p_months int) returns int
language plpgsql volatile
set search_path = pgflow, pg_temp
set lock_timeout = '100ms'
as $$
declare
    v_table text;
    v_tables text[];
    v_month timestamp;
    v_first int;
    v_end int;
    v_heap bigint;
    v_size bigint;
    v_rows int;
    v_count int;
    v_made int := 0;
begin
    for n in 0 .. p_months - 1 loop
        v_month := date_trunc('month', p_from at time zone 'UTC') + make_interval(months => n);
        continue when cardinality(pgflow.tables_without(v_month)) = 0;
        perform pg_advisory_xact_lock(hashtextextended('pgflow.ensure_partitions', 0));
        -- In a later statement: somebody else may have made them.
        v_tables := pgflow.tables_without(v_month);
        v_first := pgflow.period_of(v_month at time zone 'UTC');
        v_end := pgflow.period_of((v_month + interval '1 month') at time zone 'UTC');

        v_rows := 0;
        v_heap := 0;
        v_size := 0;
        foreach v_table in array v_tables loop
            execute format('select count(*) from (select from %I where period >= %s and period < %s limit 10001) x',
                           v_table || '_default', v_first, v_end) into v_count;
            v_rows := v_rows + v_count;
            v_heap := v_heap + pg_relation_size(to_regclass(quote_ident(v_table || '_default')));
            v_size := v_size + pg_total_relation_size(to_regclass(quote_ident(v_table || '_default')));
        end loop;
        continue when v_rows > 10000 or v_rows > 0 and v_size > 200 * 1024 * 1024 or v_heap > 1024 * 1024 * 1024;

        foreach v_table in array v_tables loop
            execute format('lock table only %I, only %I in access exclusive mode', v_table, v_table || '_default');
        end loop;
        foreach v_table in array v_tables loop
            execute format('create table %I (like %I including all)', v_table || to_char(v_month, '_YYYY_MM'), v_table);
            execute format('with moved as (delete from %I where period >= %s and period < %s returning *) insert into %I select * from moved',
                           v_table || '_default', v_first, v_end, v_table || to_char(v_month, '_YYYY_MM'));
            execute format('alter table %I attach partition %I for values from (%s) to (%s)',
                           v_table, v_table || to_char(v_month, '_YYYY_MM'), v_first, v_end);
            v_made := v_made + 1;
        end loop;
    end loop;
    return v_made;
end $$;

-- The tables of history that have no partition of this month.
create function pgflow.tables_without(p_month timestamp) returns text[]
language plpgsql volatile
as $$
begin
    return array(
        select t.name from unnest(pgflow.history_tables()) with ordinality t(name, at)
        where to_regclass('pgflow.' || quote_ident(t.name || to_char(p_month, '_YYYY_MM'))) is null
        order by t.at);
end $$;

do $$
declare
    v_table text;
begin
    foreach v_table in array pgflow.history_tables() loop
        execute format('create table pgflow.%I partition of pgflow.%I default', v_table || '_default', v_table);
    end loop;
    perform pgflow.ensure_partitions(pgflow.now(), 3);
end $$;

-- Under way -------------------------------------------------------------------------------------------------------------------

create table pgflow.worker (
    bucket        int not null,
    id            int generated always as identity,
    name          text not null,
    started_at    timestamptz not null,
    beat_at       timestamptz not null,
    -- Since when its beats came without a gap: only then may it judge others.
    steady_since  timestamptz not null,
    silence_limit interval not null,
    dead_at       timestamptz,
    -- Why it is dead: it stopped in order, or it was silent.
    stopped       boolean not null default false,
    versions      int[] not null,
    -- Handlers that it has for steps of workflows that were made at run time.
    handlers      text[] not null default '{}',
    queues        text[] not null,
    primary key (bucket, id)
) with (fillfactor = 50);

-- A run that wants an owner.
create table pgflow.ready (
    bucket       int not null,
    run_id       uuid not null,
    period       int not null,
    version_id   int not null,
    priority     int not null check (priority > -2147483648),
    -- The order of the queue within a priority. A row that becomes due gets a new one: it joins the queue then.
    seq          bigint generated always as identity,
    available_at timestamptz not null,
    -- Rows of the future stand outside the index of the claim; `promote` brings them in when they are due.
    due          boolean not null,
    -- Whether nothing of the run has been recorded yet.
    fresh        boolean not null,
    -- Whether somebody has paused the run: it is not due then, whatever happens, until somebody resumes it.
    paused       boolean not null default false,
    queue        text not null,
    namespace    text not null,
    primary key (bucket, run_id),
    check (not (paused and due))
);
-- What belongs to a namespace stands in an index of its own, where a claim finds which namespaces have something due.
create index ready_due on pgflow.ready (bucket, queue, version_id, (-priority), seq) where due and namespace = '';
create index ready_due_of_namespace on pgflow.ready (bucket, queue, version_id, namespace, (-priority), seq) where due and namespace <> '';
create index ready_later on pgflow.ready (bucket, available_at) where not due and not paused;

-- A batch of runs that a worker owns. A run that ends, parks or is handed on leaves it in the same transaction. One without runs
-- only says that the call of its number has committed.
create table pgflow.claim (
    bucket     int not null,
    worker_id  int not null,
    -- Given by the worker, so that a claim whose reply was lost is recognised when it is repeated.
    number     bigint not null,
    claimed_at timestamptz not null,
    runs       uuid[] not null check (cardinality(runs) <= 256),
    primary key (bucket, worker_id, number)
);
alter table pgflow.claim alter column runs set storage plain;

-- Shared work: a step of a run, or a range of the items of a map step, that any worker may do. worker_id says who does it.
create table pgflow.task (
    bucket       int not null,
    id           bigint generated always as identity,
    run_id       uuid not null,
    period       int not null,
    version_id   int not null,
    worker_id    int,
    -- The first item and how many; -1 and 1 for a plain step.
    first        int not null,
    count        int not null check (count >= 1),
    step         smallint not null,
    -- How many attempts its (only) unit has behind it.
    attempts     smallint not null default 0,
    -- How often it, or its run before it was given away, has lost its worker to a crash.
    crashes      smallint not null default 0,
    -- Whether its (only) unit was part of another one, and is no more: it has failed there, or has asked to be executed again.
    own          boolean not null default false,
    due          boolean not null,
    available_at timestamptz not null,
    priority     int not null,
    -- Its turn: tasks of one run take turns with those of the others. A run's first task has that of the queue's head, the next one the
    -- turn after that.
    turn         int not null,
    queue        text not null,
    namespace    text not null,
    -- Units whose attempt somebody has cancelled, by their index; null for none.
    cancelled    int[],
    -- The items of the range, as an array; null for a plain step.
    items        jsonb,
    primary key (bucket, id)
);
create index task_due on pgflow.task (bucket, queue, version_id, (-priority), turn, id) where worker_id is null and due and namespace = '';
create index task_due_of_namespace on pgflow.task (bucket, queue, version_id, namespace, (-priority), turn, id)
    where worker_id is null and due and namespace <> '';
create index task_later on pgflow.task (bucket, available_at) where not due;
create index task_of_worker on pgflow.task (bucket, worker_id) where worker_id is not null;
create index task_of_run on pgflow.task (bucket, run_id);

-- How many tasks of a shared step there still are.
create table pgflow.share (
    bucket    int not null,
    run_id    uuid not null,
    step      smallint not null,
    remaining int not null check (remaining >= 0),
    -- Whether a unit has failed for good, of which the owner was told.
    failed    boolean not null default false,
    primary key (bucket, run_id, step)
);

-- Which units were begun of runs and tasks that have lost a worker to a crash: written before each of them begins, so that the next
-- crash tells which ones may be guilty of it. A suspect is executed alone in its process, and then the crash tells for certain.
create table pgflow.mark (
    bucket    int not null,
    run_id    uuid not null,
    index     int not null,
    step      smallint not null,
    -- The attempt that was begun: when its failure or the outcome is recorded, it was no victim of a later crash.
    attempt   smallint not null,
    -- How many workers died while they executed it alone.
    crashes   smallint not null default 0,
    alone     boolean not null,
    -- Whether a worker has died while it executed this among others.
    suspect   boolean not null default false,
    -- Who executes it; null since that one has died.
    worker_id int,
    primary key (bucket, run_id, step, index)
);
create index mark_of_worker on pgflow.mark (bucket, worker_id) where worker_id is not null;

-- Messages to the owner of a run.
create table pgflow.inbox (
    bucket  int not null,
    id      bigint generated always as identity,
    run_id  uuid not null,
    sent_at timestamptz not null,
    step    smallint,
    index   int,
    -- shared work is done; cancel the run, pause it, resume it; retry a step now; cancel an attempt; a signal was sent; a
    -- child has ended
    kind    "char" not null check (kind in ('s', 'x', 'p', 'r', 'n', 'a', 'g', 'c')),
    -- Why somebody wants it.
    reason  text,
    primary key (bucket, id)
);
create index inbox_of_run on pgflow.inbox (bucket, run_id);
-- What somebody wants of runs: the few among many.
create index inbox_of_people on pgflow.inbox (bucket, run_id) where kind <> 's';

-- What is still to be said within families of runs: to a parent, that this run has ended; to this run, that it is to be cancelled, for its
-- parent has ended. Each is done in a transaction of its own: the locks of a family have no order.
create table pgflow.errand (
    bucket int not null,
    id     bigint generated always as identity,
    run_id uuid not null,
    kind   "char" not null check (kind in ('e', 'c')),
    primary key (bucket, id)
);

-- Idempotency keys.
create table pgflow.key (
    bucket      int not null,
    workflow_id int not null,
    key         text not null check (octet_length(key) between 1 and 512),
    run_id      uuid not null,
    primary key (bucket, workflow_id, key)
);

-- The latest run of a key that stands for one thing to be done: a start takes the place of an earlier one that has not begun. The row is
-- the lock of such starts.
create table pgflow.latest (
    bucket      int not null,
    workflow_id int not null,
    key         text not null check (octet_length(key) between 1 and 512),
    run_id      uuid,
    primary key (bucket, workflow_id, key)
);

-- Hot tables live by their dead rows being swept early; each sweep is cheap, they are small.
alter table pgflow.ready set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
                              autovacuum_analyze_scale_factor = 0.2);
alter table pgflow.claim set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
alter table pgflow.task  set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
alter table pgflow.share set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
alter table pgflow.errand set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
alter table pgflow.inbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
