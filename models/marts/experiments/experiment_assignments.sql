with

units as (
    select * from {{ ref('int_experiment_persons') }}
),

experiments as (
    select experiment_name, control_variant from {{ ref('experiments') }}
),

final as (
    select
        -- keys
        units.experiment_name,
        cast(units.person_key as string) as person_id,
        replace(cast(units.event_id as string), '-', '') as first_exposure_event_id,
        -- attributes
        units.variant,
        units.source_name,
        units.platform,
        units.device_type,
        units.country,
        units.user_intent,
        units.content_category,
        units.surface,
        units.exclusion_reason,
        -- measures
        units.exposure_count,
        -- flags
        units.variant = experiments.control_variant as is_control,
        units.is_excluded,
        -- times, UTC, and the local day
        units.exposed_at as first_exposed_at,
        units.exposed_date as first_exposed_date
    from units
    inner join experiments on units.experiment_name = experiments.experiment_name
)

select * from final
