{# Money in the reporting currency, at the rate of the day on which it moved: a refund takes away on
   its own day. Several customers may be one person. #}
with

payments as (
    select customer_id, currency, amount_cents, paid_date from {{ ref('int_payments') }}
),

persons as (
    select identifier_value as customer_id, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

rates as (
    select * from {{ ref('int_currency_rates') }}
),

of_persons as (
    select
        persons.person_key,
        payments.currency,
        {{ major_units('payments.amount_cents', 'payments.currency') }} as amount,
        payments.paid_date
    from payments
    inner join persons on payments.customer_id = persons.customer_id
),

with_rate as (
    {{ latest_before(
        'of_persons', 'rates', ['currency'], 'paid_date', 'valid_from', ['rate'], keep_all=true
    ) }}
),

final as (
    select
        -- keys
        person_key,
        -- measures
        cast(
            sum(cast(cast(amount as decimal(38, 6)) * rate as decimal(18, 6))) as decimal(28, 6)
        ) as reporting_amount,
        count(*) filter (where rate is null) as unknown_count,
        -- local days
        paid_date
    from with_rate
    group by 1, 4
)

select * from final
