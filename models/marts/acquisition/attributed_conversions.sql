{# Parts are whole: of a credit billionths, of money the currency's smallest unit, split by the
   largest remainder, so that they add up to what was split. The markov rows weigh the channels on
   the way by their removal effect, which the visits of a channel share; alike where none has any.
   Longer than a screen for its columns. #}
with

touches as (
    select * from {{ ref('int_conversion_touches') }}
),

conversions as (
    select * from {{ ref('int_conversions') }}
),

channel_effects as (
    {{ channel_effects() }}
),

{# Money has no paths of its own: it follows the first payment. Without a path there is no chain. #}
markov as (
    select
        touches.conversion_kind,
        touches.conversion_id,
        touches.touch_number,
        cast(round(
            1000000000 * coalesce(channel_effects.removal_effect, 0) / touches.channel_touch_count
        ) as bigint) as weight
    from touches
    left join channel_effects -- noqa: AL04
        on
            channel_effects.conversion_kind = case touches.conversion_kind
                when 'revenue' then 'paid_conversion'
                else touches.conversion_kind
            end
            and touches.channel_group = channel_effects.channel_group
    where exists (select 1 from channel_effects)
),

markov_of_conversion as (
    select
        *,
        sum(weight) over (partition by conversion_kind, conversion_id) as whole_weight
    from markov
),

weights as (
    select attribution_model, conversion_kind, conversion_id, touch_number, weight
    from {{ ref('int_attribution_weights') }}
    union all
    select
        'markov', conversion_kind, conversion_id, touch_number,
        case when whole_weight = 0 then 1 else weight end
    from markov_of_conversion
    where weight > 0 or whole_weight = 0
),

weighed as (
    select
        weights.*,
        conversions.amount_cents,
        conversions.reporting_amount_cents,
        cast(1000000000 as bigint) as whole
    from weights
    inner join conversions
        on
            weights.conversion_kind = conversions.conversion_kind
            and weights.conversion_id = conversions.conversion_id
),

{{ largest_remainder(
    'split', 'weighed', ['attribution_model', 'conversion_kind', 'conversion_id'], 'weight',
    'touch_number', {
        'billionths': 'whole', 'part_cents': 'amount_cents',
        'reporting_part_cents': 'reporting_amount_cents'
    }
) }},

final as (
    select
        -- keys
        split.attribution_model,
        split.conversion_kind,
        split.conversion_id,
        split.touch_number,
        replace(cast(touches.session_id as string), '-', '') as session_id,
        cast(conversions.person_key as string) as person_id,
        touches.platform,
        touches.campaign_id,
        -- attributes
        touches.channel_group,
        conversions.currency,
        case
            when conversions.reporting_amount_cents is not null
                then '{{ var("reporting_currency") }}'
        end as reporting_currency,
        -- measures
        touches.touch_count,
        cast(cast(split.billionths as decimal(18, 0)) * 0.000000001 as decimal(10, 9)) as credit,
        {{ major_units('split.part_cents', 'conversions.currency') }} as amount,
        {{ major_units('split.reporting_part_cents', "'" ~ var('reporting_currency') ~ "'") }}
            as reporting_amount,
        -- times, UTC
        touches.occurred_at as touched_at,
        conversions.occurred_at as converted_at
    from split
    inner join touches
        on
            split.conversion_kind = touches.conversion_kind
            and split.conversion_id = touches.conversion_id
            and split.touch_number = touches.touch_number
    inner join conversions
        on
            split.conversion_kind = conversions.conversion_kind
            and split.conversion_id = conversions.conversion_id
)

select * from final
