{# An event as the steps that it can be. A run restates the persons with new events. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

funnels as (
    select * from {{ ref('funnels') }}
),

steps as (
    select
        funnel_name,
        step_number,
        event_name,
        coalesce(filter_name, '') as filter_name,
        kind = 'excluded' as is_excluded,
        count(*) over (partition by funnel_name, event_name) > 1 as is_repeated
    from {{ ref('funnel_steps') }}
    union all
    select funnel_name, 0, '*', '', true, false
    from funnels
    where step_order = 'strict'
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
    select * from {{ ref('int_named_events') }}
    where
        event_name in (select steps.event_name from steps)
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('named_events') }}
),

final as (
    select
        -- keys
        steps.funnel_name,
        steps.step_number,
        identified.event_id,
        identified.person_key,
        -- attributes
        coalesce(identified.property_value, '') as held_value,
        -- flags
        steps.is_excluded,
        steps.is_repeated,
        -- times
        {{ microseconds_between("timestamp '1970-01-01 00:00:00'", 'identified.occurred_at') }}
            as occurred_us
    from identified
    inner join steps
        on
            identified.event_name = steps.event_name
            and identified.filter_name = steps.filter_name
    inner join funnels
        on
            steps.funnel_name = funnels.funnel_name
            and identified.property_name
            = case when steps.is_excluded then '' else coalesce(funnels.held_property, '') end
    where
        identified.person_key is not null
        and (
            funnels.held_property is null
            or steps.is_excluded
            or identified.property_value is not null
        )
    {% if is_incremental() -%}
    and identified.person_key in (select changed.person_key from changed)
    {%- endif %}
    {%- if is_incremental() %}
    union all
    select distinct null, null, null, person_key, null, null, null, null from changed
    {%- endif %}
)

select * from final
