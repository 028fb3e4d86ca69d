with

compared as (
    select * from {{ ref('int_segments_compared') }}
),

final as (
    select
        -- keys
        metric_name,
        segment_name,
        segment_value,
        -- measures
        unit_count,
        success_count,
        success_count / nullif(cast(unit_count as double), 0) as rate,
        rest_unit_count,
        rest_success_count / nullif(cast(rest_unit_count as double), 0) as rest_rate,
        difference,
        difference_low,
        difference_high,
        p_value,
        p_value_adjusted,
        -- flags
        coalesce(p_value_adjusted < 0.05, false) as is_different
    from compared
)

select * from final
