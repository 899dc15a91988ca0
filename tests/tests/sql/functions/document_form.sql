-- broken: "enum": => "enums":

-- case: it tells workflows and runs
select expect.rows('select jsonb_object_keys(pgflow.document_form() -> ''properties'') order by 1', '[["runs"], ["workflows"]]');
select expect.equal(pgflow.schema_problem(pgflow.document_form(), pgflow.document_form(), '{"runs": [{"workflow": "w", "status": "over"}]}', 'd') like '`d.runs[0].status` is none of %',
                    true, 'a status');
