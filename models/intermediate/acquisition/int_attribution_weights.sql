{# How the rules weigh the visits of a conversion against each other, in whole numbers, so that sums
   are exact and engines agree. position_based: 40 : 20 : 40, of two visits each a half. shapley:
   each channel on the way gets the same, its visits share it; summed up this is the Shapley value
   of the channels (shapley_values in headwater.statistics.attribution). A visit of no weight has no
   row. #}
{%- set rules = [
    'first_touch', 'last_touch', 'last_non_direct_touch', 'linear', 'position_based', 'time_decay',
    'shapley'
] %}
{%- set of_conversion = 'partition by conversion_kind, conversion_id' %}
with

touches as (
    select
        *,
        max(case when channel_group != 'Direct' then touch_number end) over ({{ of_conversion }})
            as last_non_direct_number,
        microseconds_before - min(microseconds_before) over ({{ of_conversion }})
            as microseconds_before_last
    from {{ ref('int_conversion_touches') }}
),

decayed as (
    select
        *,
        1000000000 * power(
            cast(0.5 as double),
            coalesce(microseconds_before_last, 0)
            / cast({{ var('attribution_half_life_days') }} * 86400000000 as double)
        ) as decayed_weight
    from touches
),

rules as (
    {%- for rule in rules %}
    select '{{ rule }}' as attribution_model
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

{# Of n visits the first and the last have 2 (n - 2) times the weight of each between them. #}
weighted as (
    select
        decayed.conversion_kind,
        decayed.conversion_id,
        decayed.touch_number,
        rules.attribution_model,
        case rules.attribution_model
            when 'first_touch' then cast(decayed.touch_number = 1 as integer)
            when 'last_touch' then cast(decayed.touch_number = decayed.touch_count as integer)
            when 'last_non_direct_touch'
                then cast(
                        decayed.touch_number
                        = coalesce(decayed.last_non_direct_number, decayed.touch_count) as integer
                    )
            when 'linear' then 1
            when 'position_based'
                then
                    1 + cast(decayed.touch_number in (1, decayed.touch_count) as integer)
                    * greatest(2 * (decayed.touch_count - 2) - 1, 0)
            when 'time_decay' then greatest(cast(round(decayed.decayed_weight) as bigint), 1)
            when 'shapley' then cast(round(1000000000.0 / decayed.channel_touch_count) as bigint)
        end as weight
    from decayed
    cross join rules
),

final as (
    select
        -- keys
        attribution_model,
        conversion_kind,
        conversion_id,
        touch_number,
        -- measures
        cast(weight as bigint) as weight
    from weighted
    where weight > 0
)

select * from final
