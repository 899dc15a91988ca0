-- Intent: the schema, its clock, and run ids that carry their bucket and their period.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes (first migration).

create schema if not exists pgflow;

comment on schema pgflow is 'Durable workflows. Change nothing by hand: every change of state is a function of this schema.';

-- The migrations that were applied.
create table if not exists pgflow.migration (
    number     int primary key,
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null
);

-- The migrations of the database: what every program compares with those it knows.
create function pgflow.applied_migrations() returns table (number int, checksum text)
language sql stable
set search_path = pgflow, pg_temp
as $$ select number, checksum from migration order by number $$;

-- Every time that decides something comes from here, so that tests can set it: `set pgflow.fake_now = '2030-01-01 12:00Z'`.
-- Unlike pg_catalog.now() it moves on within a transaction.
create function pgflow.now() returns timestamptz
language sql volatile parallel safe
as $$
    select coalesce(nullif(current_setting('pgflow.fake_now', true), '')::timestamptz, clock_timestamp())
$$;

-- The bucket of a run that is started with an idempotency key (or without one: null). A bucket holds everything of its runs;
-- one server needs a single one. It leads every key of the run-owned tables, so that they can be spread by it.
create function pgflow.bucket_of(p_key text) returns int
language sql immutable parallel safe
as $$ select 0 $$;

-- These small functions cost nothing where the planner inlines them. It does so only if none claims to be steadier than what it calls:
-- `extract` from a time with a zone is stable, not immutable.

-- The first 16 of the 32 hexadecimal digits of a version 7 UUID: 48 bits of milliseconds, the version, 12 bits for the bucket.
create function pgflow.run_id_prefix(p_bucket int, p_at timestamptz) returns text
language sql stable parallel safe
as $$
    select lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(p_bucket), 3, '0')
$$;

-- A new run id. The variant bits and 62 random ones come from a version 4 UUID.
create function pgflow.new_run_id(p_prefix text) returns uuid
language sql volatile parallel safe
as $$ select (p_prefix || right(gen_random_uuid()::text, 17))::uuid $$;

create function pgflow.bucket_of_run(p_run uuid) returns int
language sql immutable strict parallel safe
as $$ select ('x' || substr(p_run::text, 16, 3))::bit(12)::int $$;

-- The period of a run: the day (UTC) of its start, counted from 1970-01-01. It is part of every key of the run-owned history,
-- because it is what that history is partitioned by.
create function pgflow.period_of_run(p_run uuid) returns int
language sql immutable strict parallel safe
as $$
    select ((('x' || substr(p_run::text, 1, 8) || substr(p_run::text, 10, 4))::bit(48)::bigint) / 86400000)::int
$$;

create function pgflow.period_of(p_at timestamptz) returns int
language sql stable parallel safe
as $$ select floor(extract(epoch from p_at) / 86400)::int $$;
