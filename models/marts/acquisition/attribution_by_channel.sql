with

credits as (
    select * from {{ ref('attributed_conversions') }}
),

by_channel as (
    select
        attribution_model,
        conversion_kind,
        channel_group,
        sum(credit) as conversion_count,
        sum(reporting_amount) as reporting_revenue,
        sum(case when currency is not null and reporting_amount is null then credit else 0 end)
            as unconverted_count
    from credits
    group by 1, 2, 3
),

totalled as (
    select
        *,
        sum(conversion_count) over (
            partition by attribution_model, conversion_kind
        ) as all_conversion_count,
        sum(reporting_revenue) over (
            partition by attribution_model, conversion_kind
        ) as all_reporting_revenue
    from by_channel
),

final as (
    select
        -- keys
        attribution_model,
        conversion_kind,
        channel_group,
        -- attributes
        '{{ var("reporting_currency") }}' as reporting_currency,
        -- measures
        cast(conversion_count as decimal(18, 9)) as conversion_count,
        cast(conversion_count as double) / cast(all_conversion_count as double) as conversion_share,
        cast(reporting_revenue as decimal(18, 3)) as reporting_revenue,
        cast(reporting_revenue as double)
        / nullif(cast(all_reporting_revenue as double), 0) as revenue_share,
        cast(unconverted_count as decimal(18, 9)) as unconverted_count
    from totalled
)

select * from final
