{# Ways through the channels and how many of them ended in a conversion: all that estimates of what
   a channel does need. A way that did not is that of a person who never converted, from their first
   visit for as long as a conversion looks back. A path is packed into an integer, five bits a step,
   and written out only once paths are counted. Longer than a screen for the two kinds of ways. #}
{%- set longest = 12 %}
{%- set window = "interval " ~ var('attribution_window_days') ~ " days" %}
with

touchpoints as (
    select * from {{ ref('int_touchpoints') }}
),

codes as (
    select channel_group, cast(row_number() over (order by channel_group) as bigint) as channel_code
    from (select distinct channel_group from {{ ref('int_touchpoints') }}) as channels
),

kinds as (
    select 'trial_started' as conversion_kind
    union all
    select 'paid_conversion'
),

converters as (
    select distinct conversion_kind, person_key from {{ ref('int_conversions') }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

with_first as (
    select
        *,
        min(occurred_at) over (partition by person_key) as first_at
    from touchpoints
),

ways as (
    select conversion_kind, conversion_id, person_key, session_id, channel_group, occurred_at
    from {{ ref('int_conversion_touches') }}
    where session_id is not null and conversion_kind != 'revenue'
    union all
    select
        '',
        '',
        with_first.person_key,
        with_first.session_id,
        with_first.channel_group,
        with_first.occurred_at
    from with_first
    cross join last_moment
    where
        with_first.occurred_at <= with_first.first_at + {{ window }}
        and with_first.first_at + {{ window }} <= last_moment.last_moment
),

coded as (
    select
        ways.*,
        codes.channel_code,
        lag(codes.channel_code) over (
            partition by ways.conversion_kind, ways.conversion_id, ways.person_key
            order by ways.occurred_at, ways.session_id
        ) as previous_code
    from ways
    inner join codes on ways.channel_group = codes.channel_group
),

{# From the end, since of a long way the last steps are kept. #}
numbered as (
    select
        *,
        row_number() over (
            partition by conversion_kind, conversion_id, person_key
            order by occurred_at desc, session_id desc
        ) as step_number
    from coded
    where previous_code is null or previous_code != channel_code
),

packed as (
    select
        conversion_kind,
        conversion_id,
        person_key,
        cast(sum(channel_code * cast(power(32, step_number - 1) as bigint)) as bigint) as steps
    from numbered
    where step_number <= {{ longest }}
    group by 1, 2, 3
),

counted as (
    select conversion_kind, steps, count(*) as conversion_count, 0 as null_count
    from packed
    where conversion_kind != ''
    group by 1, 2
    union all
    select kinds.conversion_kind, packed.steps, 0, count(*)
    from packed
    cross join kinds
    left join converters
        on
            packed.person_key = converters.person_key
            and kinds.conversion_kind = converters.conversion_kind
    where packed.conversion_kind = '' and converters.person_key is null
    group by 1, 2
),

totalled as (
    select
        conversion_kind,
        steps,
        cast(sum(conversion_count) as bigint) as conversion_count,
        cast(sum(null_count) as bigint) as null_count
    from counted
    group by 1, 2
),

final as (
    select
        -- keys
        totalled.conversion_kind,
        concat_ws(
            ' > ',
            {%- for step in range(longest, 0, -1) %}
            step_{{ step }}.channel_group{{ ',' if not loop.last }}
            {%- endfor %}
        ) as path,
        -- measures
        totalled.conversion_count,
        totalled.null_count
    from totalled
    {% for step in range(longest, 0, -1) -%}
    left join codes as step_{{ step }}
        on
            (totalled.steps & {{ 31 * 32 ** (step - 1) }})
            = step_{{ step }}.channel_code * {{ 32 ** (step - 1) }}
    {% endfor -%}
)

select * from final
