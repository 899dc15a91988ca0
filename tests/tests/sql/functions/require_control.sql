-- broken: in ('done', 'asked') => in ('done')
-- broken: errcode = 'PF404' => errcode = 'PF409'
-- broken: when p_result = 'nothing' then => when false then

-- case: what was done is given on
select expect.equal(pgflow.require_control(stage.run('gone'), 'done', 'paused'), 'done', 'done');
select expect.equal(pgflow.require_control(stage.run('gone'), 'asked', 'paused'), 'asked', 'asked');

-- case: what was not is refused, and says why
select expect.throws($$select pgflow.require_control(stage.run('gone'), 'unknown', 'paused')$$, 'PF404', 'there is no run gone');
select expect.throws($$select pgflow.require_control(stage.run('gone'), 'nothing', 'resumed')$$, 'PF409',
                     'run gone cannot be resumed: it is neither paused, nor has it failed');
select expect.throws($$select pgflow.require_control(stage.run('gone'), 'completed', 'paused')$$, 'PF409',
                     'run gone cannot be paused: it has ended as completed');
select expect.throws($$select pgflow.require_control(stage.run('gone'), 'cancelled', 'retried')$$, 'PF409',
                     'run gone cannot be retried: it has ended as cancelled');
