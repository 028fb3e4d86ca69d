{# The seed, and the reporting currency itself, so that nothing needs a case of its own. #}
with

rates as (
    select currency, valid_from, rate from {{ ref('currency_rates') }}
),

final as (
    select
        -- keys
        currency,
        -- measures
        rate,
        -- times
        valid_from
    from rates
    union all
    select
        '{{ var("reporting_currency") }}',
        cast(1 as decimal(16, 10)),
        cast('1900-01-01' as date)
)

select * from final
