{# What visits are credited with. A payment belongs to the visits that led to the first payment of
   its subscription, and a refund to those of its charge, so that it takes back what the charge
   gave: renewals are not the doing of whatever was clicked in between. #}
with

starts as (
    select
        subscription_id,
        cast(person_id as bigint) as person_key,
        trial_started_at,
        first_paid_at
    from {{ ref('int_subscription_starts') }}
),

payments as (
    select * from {{ ref('int_payments') }}
),

customers as (
    select identifier_value as customer_id, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

rates as (
    select * from {{ ref('int_currency_rates') }}
),

charges as (
    select account_id, charge_id, paid_at as charged_at from payments
    where payment_kind = 'charge'
),

paid as (
    select
        payments.account_id,
        payments.payment_id,
        customers.person_key,
        payments.currency,
        payments.amount_cents,
        {{ major_units('payments.amount_cents', 'payments.currency') }} as amount,
        payments.paid_at,
        payments.paid_date,
        coalesce(starts.first_paid_at, charges.charged_at, payments.paid_at) as credited_at
    from payments
    left join starts on payments.subscription_id = starts.subscription_id
    left join charges
        on payments.account_id = charges.account_id and payments.charge_id = charges.charge_id
    left join customers on payments.customer_id = customers.customer_id
),

paid_with_rate as (
    {{ latest_before(
        'paid', 'rates', ['currency'], 'paid_date', 'valid_from', ['rate'], keep_all=true
    ) }}
),

final as (
    select
        'trial_started' as conversion_kind,
        subscription_id as conversion_id,
        person_key,
        cast(null as string) as currency,
        cast(null as bigint) as amount_cents,
        cast(null as bigint) as reporting_amount_cents,
        trial_started_at as occurred_at,
        trial_started_at as credited_at
    from starts
    where trial_started_at is not null
    union all
    select
        'paid_conversion', subscription_id, person_key, null, null, null, first_paid_at,
        first_paid_at as credited_at
    from starts
    where first_paid_at is not null
    union all
    select
        'revenue',
        case when account_id != '' then account_id || ' ' || payment_id else payment_id end,
        person_key,
        currency,
        amount_cents,
        {{ minor_units(
            'cast(cast(amount as decimal(38, 6)) * rate as decimal(18, 6))',
            "'" ~ var('reporting_currency') ~ "'"
        ) }},
        paid_at,
        credited_at
    from paid_with_rate
)

select * from final
