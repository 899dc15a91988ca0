-- Intent: the check of a payload against the common part of its JSON Schema, for starts from SQL. The worker checks all of it
--         when it decodes the payload.
-- Locks:  none.
-- Safe beside running workers: yes.

-- The first thing that is wrong with a payload, with the path to it; null when nothing is. Looks at type, enum, const, required,
-- properties, additionalProperties, items, minimum, maximum, minLength, maxLength, minItems, maxItems, $ref into the document,
-- allOf, anyOf and oneOf; other keywords are left to the worker.
create function pgflow.schema_problem(p_schema jsonb, p_root jsonb, p_value jsonb, p_path text) returns text
language plpgsql immutable parallel safe
set search_path = pgflow, pg_temp
as $$
declare
    v_type text := jsonb_typeof(p_value);
    v_problem text;
    v_first text;
    v_fits int := 0;
    v_key text;
    v_part jsonb;
    v_at int;
begin
    if p_schema = 'true'::jsonb or p_schema = '{}'::jsonb then
        return null;
    elsif p_schema = 'false'::jsonb then
        return format('`%s` is not allowed', p_path);
    end if;

    if p_schema ? '$ref' and p_schema ->> '$ref' like '#/%' then
        v_problem := pgflow.schema_problem(p_root #> string_to_array(substr(p_schema ->> '$ref', 3), '/'), p_root, p_value, p_path);
        if v_problem is not null then
            return v_problem;
        end if;
    end if;

    if p_schema ? 'type' and not exists (
        select from jsonb_array_elements_text(
            case jsonb_typeof(p_schema -> 'type') when 'array' then p_schema -> 'type' else jsonb_build_array(p_schema -> 'type') end) t(name)
        where t.name = v_type
           or t.name = 'integer' and v_type = 'number' and (p_value #>> '{}')::numeric % 1 = 0
    ) then
        return format('`%s` is of type %s, and %s is wanted', p_path, v_type,
                      case jsonb_typeof(p_schema -> 'type')
                      when 'array' then (select string_agg(t, ' or ') from jsonb_array_elements_text(p_schema -> 'type') t)
                      else p_schema ->> 'type' end);
    end if;
    if p_schema ? 'const' and p_schema -> 'const' <> p_value then
        return format('`%s` is not %s', p_path, p_schema -> 'const');
    end if;
    if p_schema ? 'enum' and not p_schema -> 'enum' @> jsonb_build_array(p_value) then
        return format('`%s` is none of %s', p_path, (select string_agg(e::text, ', ') from jsonb_array_elements(p_schema -> 'enum') e));
    end if;

    if v_type = 'number' then
        if (p_value #>> '{}')::numeric < (p_schema ->> 'minimum')::numeric then
            return format('`%s` is less than %s', p_path, p_schema ->> 'minimum');
        elsif (p_value #>> '{}')::numeric > (p_schema ->> 'maximum')::numeric then
            return format('`%s` is greater than %s', p_path, p_schema ->> 'maximum');
        end if;
    elsif v_type = 'string' then
        if length(p_value #>> '{}') < (p_schema ->> 'minLength')::int then
            return format('`%s` is shorter than %s', p_path, p_schema ->> 'minLength');
        elsif length(p_value #>> '{}') > (p_schema ->> 'maxLength')::int then
            return format('`%s` is longer than %s', p_path, p_schema ->> 'maxLength');
        end if;
    elsif v_type = 'object' then
        select r.name into v_key
        from jsonb_array_elements_text(coalesce(p_schema -> 'required', '[]')) with ordinality r(name, at)
        where not p_value ? r.name order by r.at limit 1;
        if found then
            return format('`%s` has no `%s`', p_path, v_key);
        end if;
        for v_key, v_part in select * from jsonb_each(p_value) loop
            if p_schema -> 'properties' ? v_key then
                v_problem := pgflow.schema_problem(p_schema -> 'properties' -> v_key, p_root, v_part, p_path || '.' || v_key);
            elsif p_schema ? 'additionalProperties' and not p_schema ? 'patternProperties' then
                v_problem := pgflow.schema_problem(p_schema -> 'additionalProperties', p_root, v_part, p_path || '.' || v_key);
            end if;
            if v_problem is not null then
                return v_problem;
            end if;
        end loop;
    elsif v_type = 'array' then
        if jsonb_array_length(p_value) < (p_schema ->> 'minItems')::int then
            return format('`%s` has fewer than %s items', p_path, p_schema ->> 'minItems');
        elsif jsonb_array_length(p_value) > (p_schema ->> 'maxItems')::int then
            return format('`%s` has more than %s items', p_path, p_schema ->> 'maxItems');
        end if;
        v_at := coalesce(jsonb_array_length(p_schema -> 'prefixItems'), 0);
        for v_part, v_key in select i.item, (i.at - 1)::text from jsonb_array_elements(p_value) with ordinality i(item, at) loop
            v_problem := pgflow.schema_problem(
                case when v_key::int < v_at then p_schema -> 'prefixItems' -> v_key::int else coalesce(p_schema -> 'items', 'true') end,
                p_root, v_part, format('%s[%s]', p_path, v_key));
            if v_problem is not null then
                return v_problem;
            end if;
        end loop;
    end if;

    for v_part in select * from jsonb_array_elements(coalesce(p_schema -> 'allOf', '[]')) loop
        v_problem := pgflow.schema_problem(v_part, p_root, p_value, p_path);
        if v_problem is not null then
            return v_problem;
        end if;
    end loop;
    foreach v_key in array array['anyOf', 'oneOf'] loop
        continue when not p_schema ? v_key;
        v_fits := 0;
        v_first := null;
        for v_part in select * from jsonb_array_elements(p_schema -> v_key) loop
            v_problem := pgflow.schema_problem(v_part, p_root, p_value, p_path);
            v_first := coalesce(v_first, v_problem);
            v_fits := v_fits + (v_problem is null)::int;
        end loop;
        if v_fits = 0 then
            return case jsonb_array_length(p_schema -> v_key) when 1 then v_first
                   else format('`%s` fits none of its %s forms (the first: %s)', p_path, jsonb_array_length(p_schema -> v_key), v_first) end;
        elsif v_fits > 1 and v_key = 'oneOf' then
            return format('`%s` fits %s of its forms, and one is wanted', p_path, v_fits);
        end if;
    end loop;
    return null;
end $$;
