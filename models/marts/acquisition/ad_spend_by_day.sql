with

stats as (
    select * from {{ ref('int_ad_stats') }}
),

rates as (
    select * from {{ ref('int_currency_rates') }}
),

with_rate as (
    {{ latest_before(
        'stats', 'rates', ['currency'], 'stat_date', 'valid_from', ['rate'], keep_all=true
    ) }}
),

final as (
    select
        -- keys
        platform,
        account_id,
        campaign_id,
        -- attributes
        campaign_name,
        account_timezone,
        currency,
        '{{ var("reporting_currency") }}' as reporting_currency,
        -- measures
        impression_count,
        click_count,
        spend,
        rate,
        cast(cast(spend as decimal(38, 6)) * rate as decimal(18, 6)) as reporting_spend,
        conversion_count as platform_conversion_count,
        conversion_value as platform_conversion_value,
        -- flags
        rate is not null as has_rate,
        -- times
        stat_date as spend_date
    from with_rate
)

select * from final
