-- Intent: workflows and runs from elsewhere, in one document: ended runs as history, others go on from what they have completed.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- The form of a document of workflows and runs, as a JSON Schema: docs/import.schema.json, of which only that is kept which says what is of
-- which type. (The rest is checked with sentences of its own.)
create function pgflow.document_form() returns jsonb
language sql immutable parallel safe
as $$
    select $form$
{
  "$defs": {
    "dependency": {
      "anyOf": [
        {
          "type": "string"
        },
        {
          "additionalProperties": false,
          "properties": {
            "step": {
              "type": "string"
            },
            "value": {
              "type": "boolean"
            }
          },
          "required": [
            "step"
          ],
          "type": "object"
        }
      ]
    },
    "map": {
      "additionalProperties": false,
      "properties": {
        "count": {
          "type": "integer"
        },
        "path": {
          "items": {
            "type": "string"
          },
          "type": "array"
        },
        "step": {
          "type": "string"
        }
      },
      "type": "object"
    },
    "options": {
      "additionalProperties": false,
      "properties": {
        "backoff_ms": {
          "type": "integer"
        },
        "delay_ms": {
          "type": "integer"
        },
        "max_attempts": {
          "type": "integer"
        },
        "max_backoff_ms": {
          "type": "integer"
        },
        "queue": {
          "type": "string"
        },
        "timeout_ms": {
          "type": "integer"
        }
      },
      "type": "object"
    },
    "run": {
      "additionalProperties": false,
      "properties": {
        "created_at": {
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
          "type": "string"
        },
        "ended_at": {
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
          "type": "string"
        },
        "error": {
          "type": "string"
        },
        "id": {
          "type": "string"
        },
        "input": {},
        "namespace": {
          "type": "string"
        },
        "priority": {
          "type": "integer"
        },
        "queue": {
          "type": "string"
        },
        "status": {
          "enum": [
            "scheduled",
            "running",
            "paused",
            "completed",
            "failed",
            "cancelled"
          ]
        },
        "steps": {
          "items": {
            "$ref": "#/$defs/run_step"
          },
          "type": "array"
        },
        "workflow": {
          "type": "string"
        }
      },
      "required": [
        "workflow"
      ],
      "type": "object"
    },
    "run_item": {
      "additionalProperties": false,
      "properties": {
        "attempts": {
          "type": "integer"
        },
        "ended_at": {
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
          "type": "string"
        },
        "error": {
          "type": "string"
        },
        "output": {},
        "status": {
          "enum": [
            "ready",
            "completed",
            "failed",
            "skipped"
          ]
        }
      },
      "required": [
        "status"
      ],
      "type": "object"
    },
    "run_step": {
      "additionalProperties": false,
      "properties": {
        "attempts": {
          "type": "integer"
        },
        "ended_at": {
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
          "type": "string"
        },
        "error": {
          "type": "string"
        },
        "items": {
          "items": {
            "anyOf": [
              {
                "$ref": "#/$defs/run_item"
              },
              {
                "type": "null"
              }
            ]
          },
          "type": "array"
        },
        "name": {
          "type": "string"
        },
        "output": {},
        "status": {
          "enum": [
            "blocked",
            "ready",
            "waiting",
            "running",
            "completed",
            "failed",
            "skipped",
            "cancelled"
          ]
        }
      },
      "required": [
        "name",
        "status"
      ],
      "type": "object"
    },
    "skip": {
      "additionalProperties": false,
      "properties": {
        "on_exhausted": {
          "type": "boolean"
        },
        "skippable": {
          "type": "boolean"
        },
        "when": {
          "type": "boolean"
        },
        "with": {
          "items": {
            "type": "string"
          },
          "type": "array"
        }
      },
      "type": "object"
    },
    "step": {
      "additionalProperties": false,
      "properties": {
        "depends_on": {
          "items": {
            "$ref": "#/$defs/dependency"
          },
          "type": "array"
        },
        "description": {
          "type": "string"
        },
        "handler": {
          "type": "string"
        },
        "item": {
          "type": [
            "object",
            "boolean"
          ]
        },
        "map": {
          "$ref": "#/$defs/map"
        },
        "name": {
          "type": "string"
        },
        "options": {
          "$ref": "#/$defs/options"
        },
        "output": {
          "type": [
            "object",
            "boolean"
          ]
        },
        "skip": {
          "$ref": "#/$defs/skip"
        },
        "takes_input": {
          "type": "boolean"
        },
        "when": {
          "type": "object"
        }
      },
      "required": [
        "name"
      ],
      "type": "object"
    },
    "workflow": {
      "additionalProperties": false,
      "properties": {
        "deadline_ms": {
          "type": "integer"
        },
        "description": {
          "type": "string"
        },
        "input": {
          "type": [
            "object",
            "boolean"
          ]
        },
        "name": {
          "type": "string"
        },
        "output": {
          "type": [
            "object",
            "boolean"
          ]
        },
        "steps": {
          "items": {
            "$ref": "#/$defs/step"
          },
          "type": "array"
        }
      },
      "required": [
        "name",
        "steps"
      ],
      "type": "object"
    }
  },
  "additionalProperties": false,
  "properties": {
    "runs": {
      "items": {
        "$ref": "#/$defs/run"
      },
      "type": "array"
    },
    "workflows": {
      "items": {
        "$ref": "#/$defs/workflow"
      },
      "type": "array"
    }
  },
  "type": "object"
}
$form$::jsonb
$$;

-- What is wrong with the runs of a document that has the right form, in its order. The workflows that it brings along are stored by then.
create function pgflow.import_problems(p_runs jsonb) returns text[]
language plpgsql stable
set search_path = pgflow, pg_temp
set enable_nestloop = off
set jit = off
as $$
declare
    v_now timestamptz := pgflow.now();
    v_problems text[];
begin
    with run as materialized (
        select r.at::int - 1 as n, r.run, coalesce(r.run ->> 'status', 'scheduled') as status, w.current_version as version_id, v.definition,
               (r.run ->> 'created_at')::timestamptz as created_at, (r.run ->> 'ended_at')::timestamptz as ended_at,
               row_number() over (partition by r.run -> 'workflow', r.run -> 'id' order by r.at) as same
        from jsonb_array_elements(p_runs) with ordinality r(run, at)
        left join workflow w on w.name = r.run ->> 'workflow'
        left join version v on v.id = w.current_version
    ), part as materialized (
        -- The steps of which a run says something, and those of which it does not.
        select r.n, r.status as run_status, s.number, s.name, s.is_map, s.depends_on, s.on_failure, x.at, x.step, x.step ->> 'status' as status
        from run r join step s on s.version_id = r.version_id
        left join jsonb_array_elements(coalesce(r.run -> 'steps', '[]')) with ordinality x(step, at) on x.step ->> 'name' = s.name
    ), said(n, at, place, problem) as (
        select r.n, -3, '.workflow', format('there is no workflow `%s`', r.run ->> 'workflow') from run r where r.version_id is null
        union all select r.n, -2, '.id', 'an id has 1 to 512 bytes' from run r where octet_length(r.run ->> 'id') not between 1 and 512
        union all select r.n, -2, '.id', format('`%s` stands in the document twice', r.run ->> 'id') from run r where r.run ? 'id' and r.same > 1
        union all select r.n, -1, '.created_at', 'this is in the future' from run r where r.created_at > v_now
        union all select r.n, -1, '.ended_at', 'it cannot have ended before it was created, nor in the future'
                  from run r where r.ended_at < coalesce(r.created_at, v_now) or r.ended_at > v_now
        union all select r.n, -1, '.input', i.problem
                  from run r cross join lateral pgflow.schema_problem(r.definition -> 'input', r.definition -> 'input', coalesce(r.run -> 'input', 'null'),
                                                                      'input') i(problem) where i.problem is not null
        union all select x.n, x.at::int, format('.steps[%s].name', x.at - 1), case when o.name is null
                         then format('workflow `%s` has no step `%s`', x.run ->> 'workflow', x.step ->> 'name')
                         else format('step `%s` stands here twice', x.step ->> 'name') end
                  from (
                      select r.n, r.run, r.version_id, x.step, x.at, row_number() over (partition by r.n, x.step -> 'name' order by x.at) as same
                      from run r cross join lateral jsonb_array_elements(r.run -> 'steps') with ordinality x(step, at) where r.version_id is not null
                  ) x
                  left join step o on o.version_id = x.version_id and o.name = x.step ->> 'name'
                  where o.name is null or x.same > 1
        union all select p.n, p.at::int, format('.steps[%s]', p.at - 1), case
                         when p.is_map and p.status = 'completed' and not p.step ? 'items' then format('map step `%s` has completed, and has no `items`', p.name)
                         when p.is_map and p.step ? 'output' then format('map step `%s` has `items`, and no output of its own', p.name)
                         when not p.is_map and p.step ? 'items' then format('step `%s` is no map step, and has no `items`', p.name)
                         when p.status = 'completed' and exists (
                             select from jsonb_array_elements(p.step -> 'items') i(item) where coalesce(i.item ->> 'status', '') not in ('completed', 'skipped'))
                             then format('step `%s` has completed, and some of its items have not', p.name)
                         when p.status = 'failed' and p.run_status not in ('failed', 'cancelled') then format('step `%s` has failed, and the run has not', p.name)
                         end
                  from part p where p.step is not null
        union all select p.n, p.at::int, format('.steps[%s].attempts', p.at - 1), '`attempts` is a number from 0 to 32767'
                  from part p where (p.step ->> 'attempts')::numeric not between 0 and 32767
        union all select p.n, p.at::int, format('.steps[%s]', p.at - 1), format('step `%s` is %s, and `%s`, on which it depends, is not done', p.name, p.status, d.name)
                  from part p join part d on d.n = p.n and d.number = any(p.depends_on)
                  where p.status in ('completed', 'failed', 'skipped') and coalesce(d.status, '') not in ('completed', 'skipped')
        union all select p.n, 100000, '', format('the run has completed, and step `%s` has not', p.name)
                  from part p where p.run_status = 'completed' and not p.on_failure and coalesce(p.status, '') not in ('completed', 'skipped')
        union all select r.n, 100000, '', 'the run has failed, and neither a step nor an `error` says of what'
                  from run r where r.status = 'failed' and not r.run ? 'error' and r.version_id is not null
                               and not exists (select from part p where p.n = r.n and p.status = 'failed')
        union all select p.n, p.at::int, format('.steps[%s]', p.at - 1), format('the output does not fit step `%s`: %s', p.name, o.problem)
                  from part p join run r on r.n = p.n
                  cross join lateral (select d.step -> 'output' as schema from jsonb_array_elements(r.definition -> 'steps') d(step) where d.step ->> 'name' = p.name and d.step -> 'output' <> 'true') d
                  cross join lateral (
                      select pgflow.schema_problem(d.schema, d.schema, p.step -> 'output', 'output') where p.step ? 'output' and p.status = 'completed'
                      union all
                      select pgflow.schema_problem(d.schema, d.schema, coalesce(i.item -> 'output', 'null'), format('items[%s].output', i.at - 1))
                      from jsonb_array_elements(p.step -> 'items') with ordinality i(item, at) where i.item ->> 'status' = 'completed'
                  ) o(problem)
                  where o.problem is not null
    )
    select coalesce(array_agg(format('`runs[%s]%s`: %s', s.n, s.place, s.problem) order by s.n, s.at, s.place, s.problem) filter (where s.problem is not null), '{}')
    into v_problems from said s;
    return v_problems;
end $$;

-- Brings in a document of workflows and runs, all of it or nothing. Workflows are created or updated; a run belongs to the current version of its
-- workflow, which may also be one that a program declares. A run with an `id` that was brought in (or started with that as its idempotency key)
-- before is left as it is. Gives what there is of each, in the order of the document: {"workflows": [{"name", "version"}],
-- "runs": [{"id", "run_id", "created"}]}.
--
-- Locks: as store_workflow, in the order of names; key, in the order of the keys; the rest is inserted only.
create function pgflow.import_document(p_document jsonb, p_actor text default null) returns jsonb
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_nestloop = off
set jit = off
as $$
declare
    v_now timestamptz := pgflow.now();
    v_bucket int := pgflow.bucket_of(null);
    v_runs jsonb := coalesce(p_document -> 'runs', '[]');
    v_problems text[] := array_remove(array[pgflow.schema_problem(document_form(), document_form(), p_document, 'document')], null);
    v_workflows jsonb := '[]';
    v_workflow record;
    v_ids uuid[];
    v_new boolean[];
begin
    perform pgflow.require_read_committed();
    if cardinality(v_problems) = 0 then
        v_problems := array(
            select format('`workflows[%s]`: %s', w.at - 1, p.problem)
            from jsonb_array_elements(coalesce(p_document -> 'workflows', '[]')) with ordinality w(workflow, at)
            cross join lateral unnest(pgflow.definition_problems(w.workflow)
                || array(select format('workflow `%s` stands in the document twice', w.workflow ->> 'name')
                         where exists (select from jsonb_array_elements(p_document -> 'workflows') with ordinality o(workflow, at)
                                       where o.at < w.at and o.workflow ->> 'name' = w.workflow ->> 'name'))) with ordinality p(problem, at)
            order by w.at, p.at);
    end if;
    if cardinality(v_problems) = 0 then
        for v_workflow in
            select w.workflow, w.at from jsonb_array_elements(coalesce(p_document -> 'workflows', '[]')) with ordinality w(workflow, at)
            order by w.workflow ->> 'name'
        loop
            v_workflows := v_workflows || jsonb_build_array(jsonb_build_object(
                'at', v_workflow.at, 'name', v_workflow.workflow ->> 'name', 'version', pgflow.store_workflow(v_workflow.workflow, 'put')));
        end loop;
        v_problems := pgflow.import_problems(v_runs);
    end if;
    if cardinality(v_problems) > 0 then
        raise exception E'the document is refused, and nothing of it is stored:\n- %', array_to_string(v_problems[:20], E'\n- ')
            || case when cardinality(v_problems) > 20 then format(E'\n- and %s more', cardinality(v_problems) - 20) else '' end
            using errcode = 'PF422', hint = 'The form of the document is told by docs/import.schema.json.';
    end if;

    -- Runs of a workflow that is deleted meanwhile would have none.
    perform pgflow.hold_workflow(x.version_id)
    from (select distinct w.current_version as version_id from jsonb_array_elements(v_runs) r(run) join workflow w on w.name = r.run ->> 'workflow') x;
    v_ids := array(
        select pgflow.new_run_id(pgflow.run_id_prefix(v_bucket, coalesce((r.run ->> 'created_at')::timestamptz, v_now)))
        from jsonb_array_elements(v_runs) with ordinality r(run, at) order by r.at);
    insert into key (bucket, workflow_id, key, run_id)
    select v_bucket, w.id, r.run ->> 'id', v_ids[r.at]
    from jsonb_array_elements(v_runs) with ordinality r(run, at) join workflow w on w.name = r.run ->> 'workflow'
    where r.run ? 'id'
    order by w.id, r.run ->> 'id'
    on conflict do nothing;
    -- A later statement, in which the winner of a race is seen.
    select coalesce(array_agg(coalesce(k.run_id, v_ids[r.at]) order by r.at), '{}'),
           coalesce(array_agg(k.run_id is null or k.run_id = v_ids[r.at] order by r.at), '{}')
    into v_ids, v_new
    from jsonb_array_elements(v_runs) with ordinality r(run, at) join workflow w on w.name = r.run ->> 'workflow'
    left join key k on k.bucket = v_bucket and k.workflow_id = w.id and k.key = r.run ->> 'id';
    perform pgflow.import_runs(v_bucket, v_runs, v_ids, v_new, v_now);
    if p_actor is not null then
        perform pgflow.note_action(v_bucket, array(select u.id from unnest(v_ids, v_new) u(id, new) where u.new), v_now, 'start', null, p_actor,
                                   '{"imported": true}');
    end if;
    return jsonb_build_object(
        'workflows', (select coalesce(jsonb_agg(w - 'at' order by w -> 'at'), '[]') from jsonb_array_elements(v_workflows) w),
        'runs', (select coalesce(jsonb_agg(jsonb_build_object('id', v_runs #> array[(u.at - 1)::text, 'id'], 'run_id', u.id, 'created', u.new) order by u.at), '[]')
                 from unnest(v_ids, v_new) with ordinality u(id, new, at)));
end $$;

-- Inserts runs that were checked, as far as they are new, with what they say of their steps.
create function pgflow.import_runs(p_bucket int, p_runs jsonb, p_ids uuid[], p_new boolean[], p_now timestamptz) returns void
language plpgsql volatile
set search_path = pgflow, pg_temp
set enable_nestloop = off
set jit = off
as $$
begin
    insert into run (bucket, period, id, version_id, checked, priority, created_at, deadline_at, queue, namespace, input)
    select p_bucket, period_of_run(p_ids[r.at]), p_ids[r.at], v.id, false, coalesce((r.run ->> 'priority')::int, 0),
           coalesce((r.run ->> 'created_at')::timestamptz, p_now),
           case when coalesce(r.run ->> 'status', '') not in ('completed', 'failed', 'cancelled')
               then p_now + (v.definition ->> 'deadline_ms')::bigint * interval '1 millisecond' end,
           coalesce(r.run ->> 'queue', 'default'), coalesce(r.run ->> 'namespace', ''), coalesce(r.run -> 'input', 'null')
    from jsonb_array_elements(p_runs) with ordinality r(run, at)
    join workflow w on w.name = r.run ->> 'workflow' join version v on v.id = w.current_version
    where p_new[r.at];

    insert into outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output, error)
    select p_bucket, period_of_run(x.id), x.id, u.index, s.number, greatest(coalesce((u.unit ->> 'attempts')::int, 1), (u.kind = 'c')::int), 0, 0,
           coalesce((u.unit ->> 'ended_at')::timestamptz, x.at), u.kind, case when u.kind = 'c' then coalesce(u.unit -> 'output', 'null') end,
           case when u.kind <> 'c' then coalesce(u.unit ->> 'error', 'no reason was brought along') end
    from (
        select p_ids[r.at] as id, r.run, coalesce((r.run ->> 'ended_at')::timestamptz, (r.run ->> 'created_at')::timestamptz, p_now) as at, r.at as n
        from jsonb_array_elements(p_runs) with ordinality r(run, at) where p_new[r.at]
    ) x
    join workflow w on w.name = x.run ->> 'workflow'
    cross join lateral jsonb_array_elements(x.run -> 'steps') p(step)
    join step s on s.version_id = w.current_version and s.name = p.step ->> 'name'
    cross join lateral (
        select i.index, i.unit, case i.unit ->> 'status' when 'completed' then 'c' when 'failed' then 'f' when 'skipped' then 's' end::"char" as kind
        from (
            select -1 as index, p.step as unit where not s.is_map or p.step ->> 'status' = 'skipped'
            union all
            select i.at::int - 1, i.item from jsonb_array_elements(p.step -> 'items') with ordinality i(item, at) where s.is_map
        ) i
    ) u
    where u.kind is not null;

    insert into map (bucket, period, run_id, step, items)
    select p_bucket, period_of_run(p_ids[r.at]), p_ids[r.at], s.number, jsonb_array_length(p.step -> 'items')
    from jsonb_array_elements(p_runs) with ordinality r(run, at)
    join workflow w on w.name = r.run ->> 'workflow'
    cross join lateral jsonb_array_elements(r.run -> 'steps') p(step)
    join step s on s.version_id = w.current_version and s.name = p.step ->> 'name'
    where p_new[r.at] and s.is_map and p.step ->> 'status' = 'completed';

    -- Attempts of what goes on count.
    insert into attempt (bucket, period, run_id, index, step, number, worker_id, duration_ms, failed_at, retry_at, error)
    select p_bucket, period_of_run(p_ids[r.at]), p_ids[r.at], -1, s.number, (p.step ->> 'attempts')::smallint, 0, 0, p_now, p_now,
           coalesce(p.step ->> 'error', 'no reason was brought along')
    from jsonb_array_elements(p_runs) with ordinality r(run, at)
    join workflow w on w.name = r.run ->> 'workflow'
    cross join lateral jsonb_array_elements(r.run -> 'steps') p(step)
    join step s on s.version_id = w.current_version and s.name = p.step ->> 'name'
    where p_new[r.at] and not s.is_map and (p.step ->> 'attempts')::int > 0
      and coalesce(p.step ->> 'status', 'ready') not in ('completed', 'failed', 'skipped');

    insert into run_end (bucket, period, run_id, ended_at, status, error)
    select p_bucket, period_of_run(p_ids[r.at]), p_ids[r.at],
           coalesce((r.run ->> 'ended_at')::timestamptz, (r.run ->> 'created_at')::timestamptz, p_now),
           case r.run ->> 'status' when 'completed' then 'c' when 'failed' then 'f' else 'x' end::"char", r.run ->> 'error'
    from jsonb_array_elements(p_runs) with ordinality r(run, at)
    where p_new[r.at] and r.run ->> 'status' in ('completed', 'failed', 'cancelled');

    insert into ready (bucket, run_id, period, version_id, priority, available_at, due, fresh, paused, queue, namespace)
    select p_bucket, n.id, n.period, n.version_id, n.priority, p_now, not x.paused, not x.known, x.paused, n.queue, n.namespace
    from jsonb_array_elements(p_runs) with ordinality r(run, at)
    join run n on n.bucket = p_bucket and n.period = period_of_run(p_ids[r.at]) and n.id = p_ids[r.at]
    cross join lateral (
        select r.run @> '{"status": "paused"}' as paused,
               exists (select from outcome o where o.bucket = n.bucket and o.period = n.period and o.run_id = n.id)
               or exists (select from attempt a where a.bucket = n.bucket and a.period = n.period and a.run_id = n.id) as known
    ) x
    where p_new[r.at] and coalesce(r.run ->> 'status', '') not in ('completed', 'failed', 'cancelled')
    order by r.at;
end $$;
