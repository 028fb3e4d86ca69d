{# What each person did that a metric counts, and when that is over; nothing is a 0. A run restates
   the persons whose rows arrived. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set exposed_us = microseconds_between("timestamp '1970-01-01 00:00:00'", 'units.exposed_at') %}
{%- set reach_us = metric_reach('asked', 'units') %}
with

asked as (
    select
        judged.experiment_name,
        judged.metric_name,
        metrics.kind,
        judged.window_days * cast(86400000000 as bigint) as window_us,
        experiments.end_date
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('experiments') }} as experiments
        on judged.experiment_name = experiments.experiment_name
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
),

{% if is_incremental() -%}
changed as (
    select * from {{ ref('int_changed_persons') }}
),
{%- endif %}

units as (
    select experiment_name, person_key, variant, exposed_at
    from {{ ref('int_experiment_persons') }}
    where
        not is_excluded
    {% if is_incremental() -%}
    and person_key in (select changed.person_key from changed)
    {%- endif %}
),

amounts as (
    select * from {{ ref('int_experiment_amounts') }}
    {% if is_incremental() -%}
    where person_key in (select changed.person_key from changed)
    {%- endif %}
),

measured as (
    select
        experiment_name,
        metric_name,
        person_key,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(pre_numerator) as pre_numerator,
        sum(pre_denominator) as pre_denominator,
        sum(before_numerator) as before_numerator,
        sum(before_denominator) as before_denominator,
        bool_and(is_finite) as is_finite,
        bool_and(is_before_finite) as is_before_finite,
        bool_or(has_pre) as has_pre,
        bool_or(has_before) as has_before
    from amounts
    group by 1, 2, 3
),

valued as (
    select
        asked.experiment_name,
        asked.metric_name,
        asked.kind,
        units.person_key,
        units.variant,
        coalesce(measured.numerator, 0) as numerator,
        coalesce(measured.denominator, 0) as denominator,
        coalesce(measured.pre_numerator, 0) as pre_numerator,
        coalesce(measured.pre_denominator, 0) as pre_denominator,
        coalesce(measured.before_numerator, 0) as before_numerator,
        coalesce(measured.before_denominator, 0) as before_denominator,
        coalesce(measured.is_finite, true) as is_finite,
        coalesce(measured.is_before_finite, true) as is_before_finite,
        coalesce(measured.has_pre, false) as has_pre,
        coalesce(measured.has_before, false) as has_before,
        {{ timestamp_from_microseconds(exposed_us ~ ' + asked.window_us') }} as window_closed_at,
        {{ timestamp_from_microseconds(exposed_us ~ ' - ' ~ reach_us) }} as compared_from_at,
        {{ timestamp_from_microseconds(exposed_us ~ ' + ' ~ reach_us) }} as compared_until_at
    from units
    inner join asked on units.experiment_name = asked.experiment_name
    left join measured
        on
            asked.experiment_name = measured.experiment_name
            and asked.metric_name = measured.metric_name
            and units.person_key = measured.person_key
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        person_key,
        -- attributes
        variant,
        -- measures
        {{ metric_value('kind', 'numerator') }} as y,
        cast(case when kind = 'ratio' then denominator else 1 end as double) as d,
        {{ metric_value('kind', 'pre_numerator') }} as x,
        cast(case when kind = 'ratio' then pre_denominator else 1 end as double) as e,
        {{ metric_value('kind', 'before_numerator') }} as before_y,
        cast(case when kind = 'ratio' then before_denominator else 1 end as double) as before_d,
        -- flags
        is_finite,
        is_before_finite,
        has_pre,
        has_before,
        -- times, UTC
        window_closed_at,
        compared_from_at,
        compared_until_at
    from valued
    {%- if is_incremental() %}
    union all
    select distinct
        null, null, person_key, null, null, null, null, null, null, null, null, null, null, null,
        null, null, null
    from changed
    {%- endif %}
)

select * from final
