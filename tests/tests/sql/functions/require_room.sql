-- broken: + p_count > p_limit => + p_count >= p_limit
-- broken: and c.queue = p_queue =>
-- broken: and c.version_id = p_version =>
-- broken: and c.due and c.namespace = '' => and c.namespace = ''
-- broken: and c.namespace = p_namespace =>

-- case: as many as the limit says may wait, of one version, queue and namespace, that are due
set local search_path = pgflow, pg_temp;
select stage.define();
select stage.define(stage.definition('other'));
select stage.start('a'), stage.start('b'), stage.start('spaced', p_namespace => 's'), stage.start('spaced too', p_namespace => 't'),
       stage.start('later', p_at => pgflow.now() + interval '1 h'), stage.start('elsewhere', p_queue => 'q'),
       stage.start('of the other', p_workflow => 'other');
select stage.look();
select pgflow.require_room(0, stage.version(), 'default', '', 1, 3);
select pgflow.require_room(0, stage.version(), 'default', '', 0, 2);
select pgflow.require_room(0, stage.version(), 'default', 's', 1, 2);
select pgflow.require_room(0, stage.version(), 'another', '', 5, 5);
select expect.throws($$select pgflow.require_room(0, stage.version(), 'default', '', 1, 2)$$, 'PF429',
                     'no run was started: 2 wait already, and 2 may', 'Start it later, or with a higher limit%');
select expect.throws($$select pgflow.require_room(0, stage.version(), 'default', '', 3, 4)$$, 'PF429', '%2 wait already, and 4 may');
select expect.throws($$select pgflow.require_room(0, stage.version(), 'default', 's', 1, 1)$$, 'PF429', '%1 wait already, and 1 may');
select expect.throws($$select pgflow.require_room(0, stage.version(), 'another', '', 6, 5)$$, 'PF429', '%0 wait already, and 5 may');
select expect.touched();
