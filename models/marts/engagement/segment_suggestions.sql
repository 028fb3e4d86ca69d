with

discovered as (
    select * from {{ ref('int_segments_discovered') }}
),

final as (
    select
        -- keys
        outcome_name,
        rule,
        -- attributes
        attribute_count,
        -- measures
        found_unit_count as found_person_count,
        found_rate,
        unit_count as person_count,
        success_count,
        rate,
        rate_low,
        rate_high,
        difference,
        difference_low,
        difference_high,
        p_value_adjusted,
        -- flags
        is_confirmed
    from discovered
)

select * from final
