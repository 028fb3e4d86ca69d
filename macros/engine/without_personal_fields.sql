{# A JSON object without the fields that name a person, at its first level; null stays null. The
   containers $set and $set_once go whole, since tools put the person's own properties there. The
   pattern looks first: most events hold no such field, and rewriting costs three times as much.
   Test: assert_without_personal_fields_removes_them. #}
{% macro without_personal_fields(column) -%}
    {%- set fields = [
        'email', '$email', 'email_address', 'invitee_email', 'phone', '$phone', 'phone_number', 'name',
        '$name', 'first_name', '$first_name', 'invitee_first_name', 'firstName', 'last_name',
        '$last_name', 'invitee_last_name', 'lastName', 'full_name', 'username', 'ip', '$ip',
        'ip_address', 'address', '$set', '$set_once'
    ] -%}
    {%- set pattern = '"(' ~ fields | join('|') | replace('$', '[$]') ~ ')"' -%}
    case
        when {{ matches(column, pattern) }}
            then {{ adapter.dispatch('_without_fields', 'headwater')(column, fields) }}
        else {{ column }}
    end
{%- endmacro %}

{% macro default___without_fields(column, fields) -%}
    cast(json_merge_patch({{ column }}, '{
        {%- for field in fields %}"{{ field }}": null{{ ", " if not loop.last }}{% endfor -%}
    }') as varchar)
{%- endmacro %}

{# Texts are quoted again; whatever else a field holds stays as it was written. #}
{% macro spark___without_fields(column, fields) -%}
    {%- set texts = "from_json(" ~ column ~ ", 'map<string, string>')" -%}
    concat('{', array_join(transform(
        filter(
            map_entries(from_json({{ column }}, 'map<string, variant>')),
            field -> field.key not in ('{{ fields | join("', '") }}')
        ),
        field -> concat(
            to_json(cast(field.key as variant)),
            ':',
            case
                when schema_of_variant(field.value) = 'STRING' then to_json(field.value)
                else coalesce(element_at({{ texts }}, field.key), 'null')
            end
        )
    ), ','), '}')
{%- endmacro %}
