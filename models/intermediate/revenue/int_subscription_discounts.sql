{# Who has a discount that recurs, and from when to when. One that is used once lowers a bill and no
   recurring revenue, and of a discount that is an id alone nobody knows the terms. Stripe says when a
   discount ends; one that is taken away before is missing from the next version. #}
with

versions as (
    select
        account_id,
        subscription_id,
        version_at,
        changed_at,
        lead(changed_at) over (
            partition by account_id, subscription_id order by version_at
        ) as next_changed_at,
        -- Stripe's older versions have one discount, the newer ones a list
        case
            when left(discounts, 1) = '{' then '[' || discounts || ']'
            else discounts
        end as discounts
    from {{ ref('int_subscription_versions') }}
),

-- Stripe takes at most 20 discounts
listed as (
    select
        versions.*,
        {{ json_text_at_place('versions.discounts', 'places.place') }} as element
    from versions
    cross join range(0, 20) as places (place)
    where versions.discounts is not null
),

objects as (
    select
        listed.*,
        case when left(element, 1) = '{' then element end as discount
    from listed
),

-- since 2025-09-30 the coupon is one of several sources that a discount may have
with_coupon as (
    select
        objects.*,
        coalesce(
            {{ json_text_at('discount', ['coupon']) }},
            {{ json_text_at('discount', ['source', 'coupon']) }}
        ) as coupon_text
    from objects
    where discount is not null
),

with_terms as (
    select
        *,
        case when left(coupon_text, 1) = '{' then coupon_text end as coupon
    from with_coupon
),

shown as (
    select
        account_id,
        subscription_id,
        coalesce({{ json_text_at('discount', ['id']) }}, {{ json_text_at('coupon', ['id']) }})
            as discount_id,
        upper({{ json_text_at('coupon', ['currency']) }}) as currency,
        cast({{ json_text_at('coupon', ['percent_off']) }} as decimal(5, 2)) as percent_off,
        cast({{ json_text_at('coupon', ['amount_off']) }} as bigint) as amount_off_cents,
        {{ timestamp_from_microseconds(
            'cast(' ~ json_text_at('discount', ['start']) ~ ' as bigint) * 1000000'
        ) }} as starts_at,
        {{ timestamp_from_microseconds(
            'cast(' ~ json_text_at('discount', ['end']) ~ ' as bigint) * 1000000'
        ) }} as ends_at,
        version_at,
        changed_at,
        next_changed_at
    from with_terms
    where {{ json_text_at('coupon', ['duration']) }} in ('forever', 'repeating')
),

-- the last version that shows it knows its terms best, and the next one that it is gone
ranked as (
    select
        *,
        min(coalesce(starts_at, changed_at)) over (
            partition by account_id, subscription_id, discount_id
        ) as started_at,
        row_number() over (
            partition by account_id, subscription_id, discount_id order by version_at desc
        ) as place
    from shown
),

dated as (
    select *, least(ends_at, next_changed_at) as ended_at
    from ranked
    where
        place = 1
        and (coalesce(percent_off, 0) > 0 or coalesce(amount_off_cents, 0) > 0)
),

final as (
    select
        -- keys
        dated.account_id,
        dated.subscription_id,
        dated.discount_id,
        -- attributes
        dated.currency,
        -- measures
        dated.percent_off,
        {{ major_units('dated.amount_off_cents', 'dated.currency') }} as amount_off,
        -- times, UTC
        dated.started_at,
        case when dated.ended_at <= billing_end.ended_at then dated.ended_at end as ended_at
    from dated
    cross join {{ ref('int_billing_end') }} as billing_end
)

select * from final
