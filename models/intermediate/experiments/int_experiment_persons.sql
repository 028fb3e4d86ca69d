{# From when on a person counts in an experiment. Where it has a trigger, the first one from the
   first exposure on takes that exposure's place, and who never met it is not in it. A run restates
   the persons whose rows arrived. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set seen = [
    'source_name', 'platform', 'device_type', 'country', 'user_intent', 'content_category',
    'surface', 'occurred_at', 'event_date'
] %}
with

experiments as (
    select
        experiment_name,
        control_variant,
        end_date,
        trigger_event,
        coalesce(trigger_filter, '') as trigger_filter,
        holdout
    from {{ ref('experiments') }}
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

first_exposures as (
    select * from {{ ref('int_experiment_first_exposures') }}
    {% if is_incremental() -%}
    where person_key in (select changed.person_key from changed)
    {%- endif %}
),

named_events as (
    select * from {{ ref('int_named_events') }}
    where
        event_name in (select experiments.trigger_event from experiments)
        and property_name = ''
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('named_events') }}
),

triggers as (
    select
        first_exposures.experiment_name,
        first_exposures.person_key,
        first_exposures.variant,
        first_exposures.exposure_count,
        first_exposures.variant_count,
        identified.event_id,
        {{ for_each(seen, 'identified.{}') }},
        row_number() over (
            partition by first_exposures.experiment_name, first_exposures.person_key
            order by identified.occurred_at, identified.event_id
        ) as trigger_number
    from first_exposures
    inner join experiments on first_exposures.experiment_name = experiments.experiment_name
    inner join identified
        on
            first_exposures.person_key = identified.person_key
            and experiments.trigger_event = identified.event_name
            and experiments.trigger_filter = identified.filter_name
            and first_exposures.exposed_at <= identified.occurred_at
            and (experiments.end_date is null or experiments.end_date > identified.event_date)
),

entered as (
    select
        first_exposures.experiment_name,
        first_exposures.person_key,
        first_exposures.variant,
        first_exposures.exposure_count,
        first_exposures.variant_count,
        first_exposures.event_id,
        {{ for_each(seen[:-2], 'first_exposures.{}') }},
        first_exposures.exposed_at,
        first_exposures.exposed_date
    from first_exposures
    inner join experiments on first_exposures.experiment_name = experiments.experiment_name
    where experiments.trigger_event is null
    union all
    select
        experiment_name, person_key, variant, exposure_count, variant_count, event_id,
        {{ seen | join(', ') }}
    from triggers
    where trigger_number = 1
),

held_out as (
    select experiments.experiment_name, first_exposures.person_key
    from experiments
    inner join experiments as holdouts on experiments.holdout = holdouts.experiment_name
    inner join first_exposures
        on
            holdouts.experiment_name = first_exposures.experiment_name
            and holdouts.control_variant = first_exposures.variant
),

judged as (
    select
        entered.*,
        case
            when entered.variant_count > 1 then 'several_variants'
            when held_out.person_key is not null then 'held_out'
        end as exclusion_reason
    from entered
    left join held_out
        on
            entered.experiment_name = held_out.experiment_name
            and entered.person_key = held_out.person_key
),

{# A person who is no longer there is deleted by a row without an experiment. #}
final as (
    select
        -- keys
        experiment_name,
        person_key,
        event_id,
        -- attributes
        variant,
        {{ seen[:-2] | join(', ') }},
        exclusion_reason,
        -- measures
        exposure_count,
        -- flags
        exclusion_reason is not null as is_excluded,
        -- times, UTC, and the local day
        exposed_at,
        exposed_date
    from judged
    {%- if is_incremental() %}
    union all
    select distinct
        null, person_key, null, null, null, null, null, null, null, null, null, null, 0, null, null,
        null
    from changed
    {%- endif %}
)

select * from final
