-- What the files of this folder assert with. Whatever is not as it should be raises, and says what was expected and what was found.

create schema expect;
create schema stage;

-- Names of runs, which stand for their ids in whatever is compared.
create table stage.named (name text primary key, id uuid not null unique);

-- What was in each table (and of each run) when somebody last looked.
create table stage.picture (what text primary key, digest text not null);

-- The good row that the file of a table begins with.
create table stage.good (relation text not null, content jsonb not null);

-- A text with names in the places of the ids of runs.
create function stage.readable(p_text text) returns text
language plpgsql stable
as $$
declare
    v_named record;
begin
    for v_named in select n.name, n.id from stage.named n loop
        p_text := replace(p_text, v_named.id::text, v_named.name);
    end loop;
    return p_text;
end $$;

-- The value is this one. Null is equal to null only.
create function expect.equal(p_found anycompatible, p_expected anycompatible, p_what text) returns void
language plpgsql volatile
as $$
begin
    if p_found is distinct from p_expected then
        raise exception '%: expected %, found %', p_what, coalesce(stage.readable(p_expected::text), 'null'),
            coalesce(stage.readable(p_found::text), 'null') using errcode = 'TEST1';
    end if;
end $$;

create function expect.yes(p_condition boolean, p_what text) returns void
language plpgsql volatile
as $$
begin
    if p_condition is not true then
        raise exception '%: expected true, found %', p_what, coalesce(p_condition::text, 'null') using errcode = 'TEST1';
    end if;
end $$;

-- The query gives these rows, in this order: an array of rows, each an array of its columns. Runs stand there by their names.
create function expect.rows(p_query text, p_expected jsonb, p_what text default 'rows') returns void
language plpgsql volatile
as $$
declare
    v_found jsonb;
begin
    execute format(
        'select coalesce(jsonb_agg((select jsonb_agg(c.value) from json_each(row_to_json(q)) c)), ''[]'') from (%s) q', p_query) into v_found;
    v_found := stage.readable(v_found::text)::jsonb;
    if v_found <> p_expected then
        raise exception '%: expected %, found %; of: %', p_what, p_expected, v_found, p_query using errcode = 'TEST1';
    end if;
end $$;

-- The statement fails with this state, and a message (and a hint) like these.
create function expect.throws(p_statement text, p_state text, p_message text, p_hint text default null) returns void
language plpgsql volatile
as $$
declare
    v_state text;
    v_message text;
    v_hint text;
begin
    begin
        execute p_statement;
    exception when others then
        get stacked diagnostics v_state = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint;
        v_message := stage.readable(v_message);
    end;
    if v_state is null then
        raise exception 'expected an error % like `%`, found none; of: %', p_state, p_message, p_statement using errcode = 'TEST1';
    elsif v_state <> p_state or v_message not like p_message then
        raise exception 'expected an error % like `%`, found % `%`; of: %', p_state, p_message, v_state, v_message, p_statement
            using errcode = 'TEST1';
    elsif p_hint is not null and v_hint not like p_hint then
        raise exception 'expected a hint like `%`, found `%`; of: %', p_hint, v_hint, p_statement using errcode = 'TEST1';
    end if;
end $$;

-- The digests of all tables; of those that hold what belongs to runs, of each run.
create function stage.digests() returns table (what text, digest text)
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_table record;
begin
    for v_table in
        select c.relname as name,
               case when c.relname = 'run' then 'id' when c.relname not in ('key', 'latest', 'pruning') then (
                   select a.attname from pg_attribute a where a.attrelid = c.oid and a.attname = 'run_id') end as run
        from pg_class c
        where c.relnamespace = 'pgflow'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    loop
        return query execute format(
            'select %s, md5(string_agg(x::text, E''\n'' order by x::text)) from %I x group by 1',
            case when v_table.run is null then quote_literal(v_table.name)
            else format('%L || coalesce((select n.name from stage.named n where n.id = x.%I), x.%I::text)', v_table.name || ' ', v_table.run,
                        v_table.run) end,
            v_table.name);
    end loop;
end $$;

-- Remembers what there is.
create function stage.look() returns void
language sql volatile
as $$
    delete from stage.picture;
    insert into stage.picture select d.what, d.digest from stage.digests() d;
$$;

-- Since somebody last looked, these tables have changed, and no others: `ready a` are the rows of the run `a` in `ready`. Looks again.
create function expect.touched(variadic p_what text[]) returns void
language plpgsql volatile
as $$
declare
    v_found text[] := array(
        select coalesce(d.what, p.what) from stage.digests() d full join stage.picture p on p.what = d.what
        where d.digest is distinct from p.digest order by 1);
    v_expected text[] := array(select w from unnest(p_what) w order by 1);
begin
    if v_found <> v_expected then
        raise exception 'expected changes of %, found changes of %', v_expected, v_found using errcode = 'TEST1';
    end if;
    perform stage.look();
end $$;

create function expect.touched() returns void
language sql volatile
as $$ select expect.touched(variadic '{}'::text[]) $$;

-- No invariant of the engine is broken.
create function expect.sound() returns void
language sql volatile
as $$ select expect.rows('select * from pgflow.broken_invariants()', '[]', 'what breaks an invariant') $$;

-- Constraints ---------------------------------------------------------------------------------------------------------------------

-- Inserts a row of a table: the good one, with these columns in the place of its own.
create function stage.insert_row(p_change jsonb) returns void
language plpgsql volatile
as $$
declare
    v_good stage.good;
    v_row jsonb;
    v_columns text;
begin
    select * into strict v_good from stage.good;
    v_row := v_good.content || p_change;
    v_columns := (select string_agg(quote_ident(k), ', ') from jsonb_object_keys(v_row) k);
    execute format('insert into pgflow.%I (%s) overriding system value select %s from jsonb_populate_record(null::pgflow.%I, $1)',
                   v_good.relation, v_columns, v_columns, v_good.relation) using v_row;
end $$;

-- Says what a good row of the table is.
create function stage.good_row(p_relation text, p_content jsonb) returns void
language plpgsql volatile
as $$
begin
    delete from stage.good;
    insert into stage.good values (p_relation, p_content);
end $$;

-- The good row is accepted with these columns in the place of its own. Nothing of it stays.
create function expect.accepted(p_change jsonb default '{}') returns void
language plpgsql volatile
as $$
begin
    perform stage.insert_row(p_change);
    raise exception using errcode = 'TEST2';
exception when sqlstate 'TEST2' then
    return;
end $$;

-- Such a row is refused by the constraint of this name. A row that stands already is one of `p_beside`.
create function expect.refused(p_constraint text, p_change jsonb, p_beside jsonb default null) returns void
language plpgsql volatile
as $$
declare
    v_found text;
    v_state text;
    v_message text := 'it is accepted';
begin
    begin
        if p_beside is not null then
            perform stage.insert_row(p_beside);
        end if;
        perform stage.insert_row(p_change);
        raise exception using errcode = 'TEST2';
    exception
        when sqlstate 'TEST2' then null;
        when others then
            get stacked diagnostics v_found = constraint_name, v_state = returned_sqlstate, v_message = message_text;
    end;
    -- The constraint of a partition has the partition's name in the place of its table's.
    if v_found is null or p_constraint not in (v_found, regexp_replace(v_found, '_(\d{4}_\d{2}|default)_', '_')) then
        raise exception 'expected a refusal by %, found % (%: %)', p_constraint, coalesce(v_found, 'none'), v_state, v_message
            using errcode = 'TEST1';
    end if;
end $$;

-- These columns of the table may be null, and no others: each of the others is refused without a value.
create function expect.nullable(variadic p_columns text[]) returns void
language plpgsql volatile
as $$
declare
    v_table regclass := (select format('pgflow.%I', g.relation)::regclass from stage.good g);
    v_column record;
    v_found text;
begin
    for v_column in select a.attname as name from pg_attribute a where a.attrelid = v_table and a.attnum > 0 and not a.attisdropped loop
        v_found := null;
        begin
            perform stage.insert_row(jsonb_build_object(v_column.name, null));
            raise exception using errcode = 'TEST2';
        exception
            when sqlstate 'TEST2' then null;
            when not_null_violation then get stacked diagnostics v_found = column_name;
            -- What has a meaning of its own when it is null is told by the constraint that says so.
            when check_violation then null;
        end;
        if (v_found is null) <> (v_column.name = any(p_columns)) then
            raise exception 'column % of %: expected that null is %, and it is not', v_column.name, v_table,
                case when v_column.name = any(p_columns) then 'accepted' else 'refused' end using errcode = 'TEST1';
        end if;
    end loop;
end $$;

create function expect.nullable() returns void
language sql volatile
as $$ select expect.nullable(variadic '{}'::text[]) $$;

-- Makes a function another one: with `p_that` wherever its text has `p_this`.
create function stage.break_function(p_function text, p_this text, p_that text) returns void
language plpgsql volatile
as $$
declare
    v_definition text := (
        select pg_get_functiondef(f.oid) from pg_proc f where f.pronamespace = 'pgflow'::regnamespace and f.proname = p_function);
begin
    if v_definition is null or position(p_this in v_definition) = 0 then
        raise exception 'function % has no `%`, which is to be broken', p_function, p_this using errcode = 'TEST1';
    end if;
    execute replace(v_definition, p_this, p_that);
end $$;
