{# A flag of its own for each row that a period reports, so that one number tells all of them. #}
with

numbered as (
    select
        *,
        row_number() over (partition by period order by kind, first_period, last_period) as place
    from {{ ref('retention_periods') }}
),

final as (
    select
        -- keys
        period,
        kind,
        first_period,
        last_period,
        -- attributes
        cast(place as integer) as place,
        cast(power(2, place - 1) as bigint) as flag,
        -- the periods in which a return counts, and the last that must have passed
        case kind when 'n_day' then first_period else last_period end as last_counted_period,
        coalesce(last_period, first_period) as last_awaited_period
    from numbered
)

select * from final
