-- Intent: the check of a payload against the common part of its JSON Schema, where payloads come in as JSON: starts from SQL, and the
--         edits of a fork. The worker reads the payload as its type, and so checks the rest.
-- Locks:  none.
-- Safe beside running workers: yes.

-- The first thing that is wrong with a payload, with the path to it; null when nothing is. Looks at type, enum, const, required,
-- properties, patternProperties, additionalProperties, minProperties, maxProperties, items, prefixItems, minItems, maxItems,
-- uniqueItems, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, pattern, $ref into the
-- document, allOf, anyOf and oneOf.
--
-- What it refuses does not fit. What it lets pass may still not fit: other keywords, patterns that Postgres may read otherwise, and
-- references elsewhere are passed over, and of oneOf, that no second form fits: two forms may differ in just that.
create function pgflow.schema_problem(p_schema jsonb, p_root jsonb, p_value jsonb, p_path text) returns text
language plpgsql immutable
set search_path = pgflow, pg_temp
as $$
begin
    return pgflow.problem(p_schema, p_root, p_value, p_path);
exception when statement_too_complex then
    -- Nested deeper than the server's stack goes: the worker judges it.
    return null;
end $$;

create function pgflow.problem(p_schema jsonb, p_root jsonb, p_value jsonb, p_path text) returns text
language plpgsql immutable
as $$
declare
    v_type text := jsonb_typeof(p_value);
    v_problem text;
    v_key text;
    v_part jsonb;
    v_at int;
begin
    if p_schema ->> '$ref' like '#%' then
        v_part := p_root #> pgflow.pointer(p_schema ->> '$ref');
        v_problem := pgflow.problem(v_part, p_root, p_value, p_path);
        if v_problem is not null then
            return v_problem;
        end if;
    end if;
    if p_schema is null or p_schema = 'true'::jsonb then
        return null;
    elsif p_schema = 'false'::jsonb then
        return format('`%s` is not allowed', p_path);
    end if;

    if p_schema ? 'type' and p_schema ->> 'type' <> v_type and not exists (
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
    if p_schema ? 'enum' and not exists (select from jsonb_array_elements(p_schema -> 'enum') e where e = p_value) then
        return format('`%s` is none of %s', p_path, (select string_agg(e::text, ', ') from jsonb_array_elements(p_schema -> 'enum') e));
    end if;

    if v_type in ('number', 'string') then
        v_problem := pgflow.scalar_problem(p_schema, p_value #>> '{}', v_type);
        if v_problem is not null then
            return format('`%s` %s', p_path, v_problem);
        end if;
    elsif v_type = 'object' then
        if p_schema ? 'required' then
            select r.name into v_key
            from jsonb_array_elements_text(p_schema -> 'required') with ordinality r(name, at)
            where not p_value ? r.name order by r.at limit 1;
            if found then
                return format('`%s` has no `%s`', p_path, v_key);
            end if;
        end if;
        if p_schema ?| array['minProperties', 'maxProperties'] then
            v_at := (select count(*) from jsonb_object_keys(p_value));
            if v_at < (p_schema ->> 'minProperties')::numeric then
                return format('`%s` has fewer than %s members', p_path, p_schema ->> 'minProperties');
            elsif v_at > (p_schema ->> 'maxProperties')::numeric then
                return format('`%s` has more than %s members', p_path, p_schema ->> 'maxProperties');
            end if;
        end if;
        for v_key, v_part in select * from jsonb_each(p_value) loop
            v_problem := pgflow.member_problem(p_schema, p_root, v_key, v_part, pgflow.member(p_path, v_key));
            if v_problem is not null then
                return v_problem;
            end if;
        end loop;
    elsif v_type = 'array' then
        if jsonb_array_length(p_value) < (p_schema ->> 'minItems')::numeric then
            return format('`%s` has fewer than %s items', p_path, p_schema ->> 'minItems');
        elsif jsonb_array_length(p_value) > (p_schema ->> 'maxItems')::numeric then
            return format('`%s` has more than %s items', p_path, p_schema ->> 'maxItems');
        elsif p_schema @> '{"uniqueItems": true}'
            and (select count(*) > count(distinct i) from jsonb_array_elements(p_value) i) then
            return format('`%s` has an item twice', p_path);
        end if;
        v_at := coalesce(jsonb_array_length(p_schema -> 'prefixItems'), 0);
        if v_at > 0 or p_schema ? 'items' then
            for v_part, v_key in select i.item, (i.at - 1)::text from jsonb_array_elements(p_value) with ordinality i(item, at) loop
                v_problem := pgflow.problem(
                    case when v_key::int < v_at then p_schema -> 'prefixItems' -> v_key::int else p_schema -> 'items' end,
                    p_root, v_part, format('%s[%s]', p_path, v_key));
                if v_problem is not null then
                    return v_problem;
                end if;
            end loop;
        end if;
    end if;

    if p_schema ? 'allOf' then
        for v_part in select * from jsonb_array_elements(p_schema -> 'allOf') loop
            v_problem := pgflow.problem(v_part, p_root, p_value, p_path);
            if v_problem is not null then
                return v_problem;
            end if;
        end loop;
    end if;
    if p_schema ? 'anyOf' then
        v_problem := pgflow.form_problem(p_schema -> 'anyOf', p_root, p_value, p_path);
    end if;
    if v_problem is null and p_schema ? 'oneOf' then
        v_problem := pgflow.form_problem(p_schema -> 'oneOf', p_root, p_value, p_path);
    end if;
    return v_problem;
end $$;

-- What is wrong with a number or a string, as what is said of it.
create function pgflow.scalar_problem(p_schema jsonb, p_value text, p_type text) returns text
language plpgsql immutable
as $$
declare
    v_number numeric;
begin
    if p_type = 'string' then
        if length(p_value) < (p_schema ->> 'minLength')::numeric then
            return format('is shorter than %s', p_schema ->> 'minLength');
        elsif length(p_value) > (p_schema ->> 'maxLength')::numeric then
            return format('is longer than %s', p_schema ->> 'maxLength');
        elsif p_schema ? 'pattern' and not pgflow.matches(p_value, p_schema ->> 'pattern') then
            return format('does not match %s', p_schema ->> 'pattern');
        end if;
        return null;
    end if;
    v_number := p_value::numeric;
    if v_number < (p_schema ->> 'minimum')::numeric then
        return format('is less than %s', p_schema ->> 'minimum');
    elsif v_number > (p_schema ->> 'maximum')::numeric then
        return format('is greater than %s', p_schema ->> 'maximum');
    elsif v_number <= (p_schema ->> 'exclusiveMinimum')::numeric then
        return format('is not greater than %s', p_schema ->> 'exclusiveMinimum');
    elsif v_number >= (p_schema ->> 'exclusiveMaximum')::numeric then
        return format('is not less than %s', p_schema ->> 'exclusiveMaximum');
    elsif v_number % nullif((p_schema ->> 'multipleOf')::numeric, 0) <> 0 then
        return format('is no multiple of %s', p_schema ->> 'multipleOf');
    end if;
    return null;
end $$;

-- What is wrong with a member of an object.
create function pgflow.member_problem(p_schema jsonb, p_root jsonb, p_name text, p_value jsonb, p_path text) returns text
language plpgsql immutable
as $$
declare
    v_is_named boolean := coalesce(p_schema -> 'properties' ? p_name, false);
    v_problem text;
    v_pattern text;
    v_part jsonb;
    v_matches boolean;
begin
    if v_is_named then
        v_problem := pgflow.problem(p_schema -> 'properties' -> p_name, p_root, p_value, p_path);
    end if;
    if p_schema ? 'patternProperties' then
        for v_pattern, v_part in select * from jsonb_each(p_schema -> 'patternProperties') loop
            exit when v_problem is not null;
            v_matches := pgflow.matches(p_name, v_pattern);
            -- Where nobody knows whether it matches, it is nothing additional either.
            v_is_named := v_is_named or coalesce(v_matches, true);
            if v_matches then
                v_problem := pgflow.problem(v_part, p_root, p_value, p_path);
            end if;
        end loop;
    end if;
    if v_problem is null and not v_is_named and p_schema ? 'additionalProperties' then
        v_problem := pgflow.problem(p_schema -> 'additionalProperties', p_root, p_value, p_path);
    end if;
    return v_problem;
end $$;

-- What is wrong with a value that has one of several forms. Of many things, the one that is told is that of the form that is probably
-- meant: whose tag it has, and else in which the mistake lies deepest.
create function pgflow.form_problem(p_forms jsonb, p_root jsonb, p_value jsonb, p_path text) returns text
language plpgsql immutable
as $$
declare
    v_type text := jsonb_typeof(p_value);
    v_form jsonb;
    v_types text[];
    v_tag text;
    v_other_tag text;
    v_tags text[];
    v_problem text;
    v_nearest text;
    v_tried int := 0;
    v_depth int;
    v_deepest int;
begin
    for v_form in select * from jsonb_array_elements(p_forms) loop
        v_tag := null;
        if v_type = 'object' then
            select p.name into v_tag
            from jsonb_each(case jsonb_typeof(v_form -> 'properties') when 'object' then v_form -> 'properties' else '{}' end) p(name, schema)
            where p.schema ? 'const' and p_value ? p.name and p.schema -> 'const' <> p_value -> p.name limit 1;
        end if;
        if v_tag is not null then
            v_other_tag := v_tag;
            v_tags := v_tags || (v_form -> 'properties' -> v_tag -> 'const')::text;
            continue;
        end if;
        v_problem := pgflow.problem(v_form, p_root, p_value, p_path);
        if v_problem is null then
            return null;
        end if;
        -- A form of another type is hardly meant.
        if v_form ->> 'type' in ('null', 'boolean', 'integer', 'number', 'string', 'array', 'object')
            and v_form ->> 'type' <> v_type and not (v_type = 'number' and v_form ->> 'type' = 'integer') then
            v_types := v_types || (v_form ->> 'type');
            continue;
        end if;
        v_tried := v_tried + 1;
        v_problem := coalesce(substring(v_problem from '\(the nearest: (.*)\)$'), v_problem);
        v_depth := length(regexp_replace(substring(v_problem from '^`([^`]*)`'), '[^.[]', '', 'g'));
        if v_nearest is null or v_depth > v_deepest then
            v_deepest := v_depth;
            v_nearest := v_problem;
        end if;
    end loop;
    return case
        when v_tried = 1 then v_nearest
        when v_tried > 1 then format('`%s` fits none of its %s forms (the nearest: %s)', p_path, jsonb_array_length(p_forms), v_nearest)
        when v_other_tag is not null then
            format('`%s` is none of %s', pgflow.member(p_path, v_other_tag), array_to_string(v_tags, ', '))
        else format('`%s` is of type %s, and %s is wanted', p_path, v_type, array_to_string(v_types, ' or ')) end;
end $$;

-- Whether a text matches a pattern of JSON Schema (in the regular expressions of JavaScript); null where the pattern has parts that
-- Postgres may read otherwise.
create function pgflow.matches(p_text text, p_pattern text) returns boolean
language plpgsql immutable
as $$
begin
    -- Classes by letter, but \d; look-arounds and named groups; classes within classes; what only Postgres reads as something special.
    if p_pattern ~ '\\[^]d./+*?(){}|^$[-]|\\$|\(\?[^:]|\[[^]]*\[|^\*|[?*+}]\+' then
        return null;
    end if;
    return p_text ~ p_pattern;
exception when invalid_regular_expression then
    return null;
end $$;

-- The path to a member: `input.lines`, or `input["two words"]` where the name is no plain word. The worker's messages do the same.
create function pgflow.member(p_path text, p_name text) returns text
language sql immutable
as $$
    select case when p_name ~ '^[A-Za-z_][A-Za-z0-9_]*$' then p_path || '.' || p_name else p_path || '[' || to_jsonb(p_name)::text || ']' end
$$;

-- The path of a reference into the document: a JSON pointer, in a fragment of a URI.
create function pgflow.pointer(p_reference text) returns text[]
language sql immutable
as $$
    select array(
        select replace(replace(
            case when s.segment like '%\%%' then (
                select convert_from(string_agg(case when m[1] like '\%__' then decode(substr(m[1], 2), 'hex') else convert_to(m[1], 'UTF8') end,
                                               '' order by at), 'UTF8')
                from regexp_matches(s.segment, '%[0-9A-Fa-f]{2}|[^%]+|%', 'g') with ordinality r(m, at)
            ) else s.segment end, '~1', '/'), '~0', '~')
        from unnest(string_to_array(substr(p_reference, 3), '/')) with ordinality s(segment, at)
        order by s.at)
$$;
