-- Intent: the declared workflows, their versions and steps. Small tables, read often, written when a worker registers.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

create table pgflow.workflow (
    id              int generated always as identity primary key,
    name            text not null unique check (name ~ '^[a-zA-Z_][a-zA-Z0-9_]*$' and octet_length(name) <= 128),
    -- The version that a start by name uses. Only the registration of a new version moves it.
    current_version int,
    created_at      timestamptz not null,
    -- Whether it was made at run time: no program declares it.
    dynamic         boolean not null default false
);

create table pgflow.version (
    id          int generated always as identity primary key,
    workflow_id int not null references pgflow.workflow,
    -- SHA-256 of the canonical definition: graph and payload schemas, not options.
    hash        text not null check (hash ~ '^[0-9a-f]{64}$'),
    definition  jsonb not null,
    created_at  timestamptz not null,
    -- Whether no program has it as its own so far: it is what runs of an older version are carried over to.
    carried     boolean not null default false,
    -- Of a workflow that was made at run time: the number of the last change, by which workers find what is new.
    changed     bigint,
    unique (workflow_id, hash)
);
create index version_changed on pgflow.version (changed) where changed is not null;

create table pgflow.step (
    version_id int not null references pgflow.version,
    -- The place in the declaration, from 0.
    number     smallint not null check (number >= 0),
    name       text not null,
    -- Hash of what the handler takes and gives: a handler serves every version with the same contract.
    contract   text not null,
    is_map     boolean not null,
    is_leaf    boolean not null,
    -- Whether it stands outside the graph, and is executed when the run has failed.
    on_failure boolean not null,
    takes_input boolean not null,
    -- The signal that it waits for before its first attempt; null for none.
    signal     text,
    -- Numbers of the steps that this one waits for, and of those whose output it takes.
    depends_on smallint[] not null,
    takes      smallint[] not null,
    options    jsonb not null,
    -- Of a workflow that was made at run time: what executes it.
    handler    text,
    primary key (version_id, number),
    unique (version_id, name)
);

-- Registers a definition and gives the id of its version. Idempotent and safe when many register at once: the workflow's row is
-- the lock. A version that is new becomes the current one; an old one that is registered again changes its options only.
--
-- Without p_becomes_current it is no program's own, but what runs of an older version are carried over to: it becomes current only where
-- there is no other, and one that a program has registered is left as it is. The first program that has it as its own makes it current.
--
-- The schedule of the current version, where it declares one, is the workflow's.
--
-- Locks: workflow (for update), then version, step, schedule.
create function pgflow.register(p_definition jsonb, p_hash text, p_contracts text[], p_becomes_current boolean default true) returns int
language plpgsql volatile
set search_path = pgflow, pg_temp
as $$
declare
    v_workflow int;
    v_version int;
    v_carried boolean;
    v_dynamic boolean;
    v_now timestamptz := pgflow.now();
begin
    insert into workflow (name, created_at) values (p_definition ->> 'name', v_now) on conflict (name) do nothing;
    select id, dynamic into v_workflow, v_dynamic from workflow where name = p_definition ->> 'name' for update;
    if v_dynamic then
        raise exception 'workflow `%` was made at run time, and cannot be declared by a program too', p_definition ->> 'name'
            using errcode = 'PF409', hint = 'Give one of them another name, or delete the other one: select * from pgflow.delete_workflow(..).';
    end if;

    select id, carried into v_version, v_carried from version where workflow_id = v_workflow and hash = p_hash;
    if v_version is null then
        insert into version (workflow_id, hash, definition, created_at, carried)
        values (v_workflow, p_hash, p_definition, v_now, not p_becomes_current)
        returning id into v_version;

        insert into step (version_id, number, name, contract, is_map, is_leaf, on_failure, takes_input, signal, depends_on, takes, options)
        select v_version, s.number - 1, s.step ->> 'name', p_contracts[s.number], coalesce(jsonb_typeof(s.step -> 'map') = 'object', false),
               not coalesce((s.step ->> 'on_failure')::boolean, false) and not exists (
                   select from jsonb_array_elements(p_definition -> 'steps') other, jsonb_array_elements(other -> 'depends_on') edge
                   where edge ->> 'step' = s.step ->> 'name'
               ),
               coalesce((s.step ->> 'on_failure')::boolean, false),
               (s.step ->> 'takes_input')::boolean or s.step @> '{"map": {}}' and not s.step -> 'map' ? 'step',
               s.step #>> '{signal,name}',
               array(select n.number - 1 from jsonb_array_elements(s.step -> 'depends_on') with ordinality e(edge, at)
                     join jsonb_array_elements(p_definition -> 'steps') with ordinality n(step, number) on n.step ->> 'name' = e.edge ->> 'step'
                     order by e.at),
               array(select n.number - 1 from jsonb_array_elements(s.step -> 'depends_on') with ordinality e(edge, at)
                     join jsonb_array_elements(p_definition -> 'steps') with ordinality n(step, number) on n.step ->> 'name' = e.edge ->> 'step'
                     where (e.edge ->> 'value')::boolean
                     order by e.at),
               s.step -> 'options'
        from jsonb_array_elements(p_definition -> 'steps') with ordinality s(step, number);

        update workflow set current_version = v_version where id = v_workflow and (p_becomes_current or current_version is null);
    elsif p_becomes_current or v_carried then
        if p_becomes_current and v_carried then
            update version set carried = false where id = v_version;
            update workflow set current_version = v_version where id = v_workflow;
        end if;
        update version set definition = p_definition where id = v_version and definition is distinct from p_definition;
        update step set options = s.step -> 'options'
        from jsonb_array_elements(p_definition -> 'steps') s(step)
        where version_id = v_version and name = s.step ->> 'name' and options is distinct from s.step -> 'options';
    end if;
    -- That of an older program must not come back with it.
    if p_becomes_current and exists (select from workflow where id = v_workflow and current_version = v_version) then
        perform pgflow.declare_schedule(v_workflow, p_definition);
    end if;
    return v_version;
end $$;

-- The id of a registered version; null where there is none.
create function pgflow.version_id(p_workflow text, p_hash text) returns int
language sql stable
set search_path = pgflow, pg_temp
as $$
    select v.id from workflow w join version v on v.workflow_id = w.id where w.name = p_workflow and v.hash = p_hash
$$;
