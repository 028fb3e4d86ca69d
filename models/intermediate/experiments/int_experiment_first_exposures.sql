{# Who saw which variant of an experiment first, of the variants that the seed declares and in the
   days it runs. A run restates the persons whose rows arrived. Of exposures at one time the one
   with the smallest event id is the first. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

experiments as (
    select experiment_name, experiment_id, start_date, end_date from {{ ref('experiments') }}
),

variants as (
    select experiment_name, variant from {{ ref('experiment_variants') }}
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

exposures as (
    select * from {{ ref('int_experiment_exposures') }}
    where
        experiment_id in (select experiments.experiment_id from experiments)
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('exposures') }}
),

{# Ranks from both ends add up to one more than there are variants: no engine counts distinct ones
   over a window. #}
exposed as (
    select
        experiments.experiment_name,
        identified.*,
        row_number() over (
            partition by experiments.experiment_name, identified.person_key
            order by identified.occurred_at, identified.event_id
        ) as exposure_number,
        count(*) over (
            partition by experiments.experiment_name, identified.person_key
        ) as exposure_count,
        dense_rank() over (
            partition by experiments.experiment_name, identified.person_key
            order by identified.variant
        ) + dense_rank() over (
            partition by experiments.experiment_name, identified.person_key
            order by identified.variant desc
        ) - 1 as variant_count
    from identified
    inner join experiments
        on
            identified.experiment_id = experiments.experiment_id
            and identified.event_date >= experiments.start_date
            and (experiments.end_date is null or identified.event_date < experiments.end_date)
    inner join variants
        on
            experiments.experiment_name = variants.experiment_name
            and identified.variant = variants.variant
    where
        identified.person_key is not null
    {% if is_incremental() -%}
    and identified.person_key in (select changed.person_key from changed)
    {%- endif %}
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
        source_name,
        platform,
        device_type,
        country,
        user_intent,
        content_category,
        surface,
        -- measures
        exposure_count,
        variant_count,
        -- times, UTC, and the local day
        occurred_at as exposed_at,
        event_date as exposed_date
    from exposed
    where exposure_number = 1
    {%- if is_incremental() %}
    union all
    select distinct
        null, person_key, null, null, null, null, null, null, null, null, null, 0, 0, null, null
    from changed
    {%- endif %}
)

select * from final
