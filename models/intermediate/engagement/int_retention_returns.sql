{# On which days each person did what counts as coming back. Days of any activity are in
   int_active_days and not copied. A run restates the persons with new events. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

definitions as (
    select distinct return_event, coalesce(return_filter, '') as return_filter
    from {{ ref('retentions') }}
    where return_event != '*'
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

{% if is_incremental() -%}
changed as (
    select * from {{ ref('int_changed_persons') }}
),
{%- endif %}

named_events as (
    select event_name, filter_name, device_key, user_key, checkout_key, event_date
    from {{ ref('int_named_events') }}
    where
        event_name in (select definitions.return_event from definitions)
        and property_name = ''
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('named_events') }}
),

returned as (
    select distinct
        identified.event_name as return_event,
        identified.filter_name as return_filter,
        identified.person_key,
        identified.event_date as return_date
    from identified
    inner join definitions
        on
            identified.event_name = definitions.return_event
            and identified.filter_name = definitions.return_filter
    where identified.person_key is not null
    {% if is_incremental() -%}
    and identified.person_key in (select changed.person_key from changed)
    {%- endif %}
),

final as (
    select * from returned
    {%- if is_incremental() %}
    union all
    select distinct null, null, person_key, null from changed
    {%- endif %}
)

select * from final
