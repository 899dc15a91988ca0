-- broken: when v_source is null then p_input => when false then p_input
-- broken: s.name = v_source and s.is_map) => s.name = v_source and false)
-- broken: v_value := coalesce(v_value, ( => v_value := coalesce(null, (
-- broken: and o.kind = 'c' => and o.kind <> 'c'
-- broken: o.run_id = p_run => o.run_id <> p_run
-- broken: jsonb_array_elements_text(p_map -> 'path') => jsonb_array_elements_text('[]')
-- broken: jsonb_typeof(v_value) = 'array' => jsonb_typeof(v_value) <> 'string'

-- case: by the list that is recorded, or given, or in the input; not known where there is none
set local search_path = pgflow, pg_temp;
select stage.runs_of_flow('a', 'b', 'none');
select stage.outcome('a', 0, '[1, 2]'), stage.outcome('b', 0, '[1, 2, 3]'), stage.outcome('a', 1, '[9]', 0), stage.outcome('a', 2, null, -1, 's', 'no'),
       stage.outcome('b', 2, '{"of": {"it": [1]}, "text": "x"}'), stage.outcome('a', 3, '[5]', -1), stage.map('a', 1, 2);
create function pg_temp.items(p_name text, p_map jsonb, p_input jsonb default '[1, 2, 3, 4]', p_outputs jsonb default null) returns int
language sql as $$ select pgflow.items_of_list(0, stage.period(p_name), stage.run(p_name), stage.version(), p_map, p_input, p_outputs) $$;
select expect.rows($$select pg_temp.items('a', '{"step": "list"}'), pg_temp.items('b', '{"step": "list"}'), pg_temp.items('none', '{"step": "list"}')$$,
                   '[[2, 3, null]]', 'what is recorded');
select expect.rows($$select pg_temp.items('a', '{"step": "list"}', p_outputs => '{"list": [1]}'),
                            pg_temp.items('none', '{"step": "list"}', p_outputs => '{"list": []}'),
                            pg_temp.items('a', '{"step": "list"}', p_outputs => '{"side": []}'),
                            pg_temp.items('a', '{"step": "list"}', p_outputs => '{"list": 1}')$$,
                   '[[1, 0, 2, null]]', 'what is given');
select expect.rows($$select pg_temp.items('a', '{}'), pg_temp.items('a', '{"path": ["x", "y"]}', '{"x": {"y": [1]}}'), pg_temp.items('a', '{}', '1')$$,
                   '[[4, 1, null]]', 'what is in the input');
select expect.rows($$select pg_temp.items('b', '{"step": "side", "path": ["of", "it"]}'), pg_temp.items('b', '{"step": "side", "path": ["of"]}'),
                            pg_temp.items('b', '{"step": "side", "path": ["text"]}'), pg_temp.items('b', '{"step": "side", "path": ["no"]}')$$,
                   '[[1, null, null, null]]', 'at a path');
select expect.rows($$select pg_temp.items('a', '{"step": "each"}'), pg_temp.items('a', '{"step": "each"}', p_outputs => '{"each": [1]}'),
                            pg_temp.items('a', '{"step": "side"}'), pg_temp.items('a', '{"step": "sum"}')$$,
                   '[[null, null, null, 1]]', 'that of a map step, and of one that was skipped, is not known');
