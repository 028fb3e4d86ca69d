with

movements as (
    select * from {{ ref('int_mrr_movements') }}
),

prices as (
    select * from {{ ref('int_subscription_item_prices') }}
),

products as (
    select * from {{ ref('int_products') }}
),

persons as (
    select identifier_value as customer_id, person_id
    from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

-- the greatest item after the movement; of a plan that was left, the one that came instead
ranked as (
    select
        movements.*,
        prices.product_id,
        row_number() over (
            partition by
                movements.account_id,
                movements.subscription_id,
                movements.customer_id,
                movements.currency,
                movements.moved_date,
                movements.movement_kind
            order by
                coalesce({{ local_date('prices.ended_at') }} > movements.moved_date, true) desc,
                prices.monthly_amount desc,
                prices.subscription_item_id asc
        ) as place
    from movements
    left join prices
        on
            movements.account_id = prices.account_id
            and movements.subscription_id = prices.subscription_id
            and movements.currency = prices.currency
            and movements.moved_date >= {{ local_date('prices.started_at') }}
            and coalesce(movements.moved_date <= {{ local_date('prices.ended_at') }}, true)
),

final as (
    select
        -- keys
        ranked.account_id,
        ranked.customer_id,
        ranked.subscription_id,
        persons.person_id,
        -- attributes
        products.product_sku,
        ranked.currency,
        ranked.movement_kind,
        -- measures
        ranked.mrr_change,
        ranked.customer_opening_mrr,
        ranked.customer_closing_mrr,
        -- times
        ranked.moved_date
    from ranked
    left join products
        on
            ranked.account_id = products.account_id
            and ranked.product_id = products.product_id
    left join persons on ranked.customer_id = persons.customer_id
    where ranked.place = 1
)

select * from final
