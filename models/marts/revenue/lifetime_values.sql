with

receipts as (
    select * from {{ ref('int_receipts') }}
    where customer_id is not null
),

expected as (
    select * from {{ ref('int_customer_values_expected') }}
),

persons as (
    select identifier_value as customer_id, person_id
    from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

paid as (
    select
        account_id,
        customer_id,
        currency,
        sum(case when receipt_kind != 'refund' then amount else 0 end) as paid_amount,
        sum(case when receipt_kind = 'refund' then -amount else 0 end) as refunded_amount,
        min(case when receipt_kind != 'refund' then received_date end) as first_paid_date,
        max(case when receipt_kind != 'refund' then received_date end) as last_paid_date
    from receipts
    group by 1, 2, 3
),

every as (
    select account_id, customer_id, currency from paid
    union
    select account_id, customer_id, currency from expected
),

final as (
    select
        -- keys
        every.account_id,
        every.customer_id,
        persons.person_id,
        -- attributes
        every.currency,
        expected.plan_name,
        -- measures
        cast(coalesce(paid.paid_amount, 0) as decimal(18, 3)) as paid_amount,
        cast(coalesce(paid.refunded_amount, 0) as decimal(18, 3)) as refunded_amount,
        cast(coalesce(paid.paid_amount - paid.refunded_amount, 0) as decimal(18, 3))
            as observed_amount,
        cast(coalesce(expected.mrr, 0) as decimal(28, 8)) as mrr,
        cast(expected.lifetime_days as integer) as lifetime_days,
        expected.recurring_amount,
        cast(expected.horizon_days as integer) as horizon_days,
        expected.remaining_days,
        expected.remaining_days_low,
        expected.remaining_days_high,
        expected.expected_amount,
        expected.expected_amount_low,
        expected.expected_amount_high,
        -- flags
        coalesce(expected.has_left, false) as has_left,
        -- times
        paid.first_paid_date,
        paid.last_paid_date,
        expected.started_date,
        expected.ended_date
    from every
    left join paid
        on
            every.account_id = paid.account_id
            and every.customer_id = paid.customer_id
            and every.currency = paid.currency
    left join expected
        on
            every.account_id = expected.account_id
            and every.customer_id = expected.customer_id
            and every.currency = expected.currency
    left join persons on every.customer_id = persons.customer_id
)

select * from final
