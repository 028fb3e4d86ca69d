{# What journey_paths compares, and the paths' places among the most taken ones. #}
{%- set longest = 14 %}
with

codes as (
    select * from {{ ref('int_journey_step_codes') }}
),

shown as (
    select distinct journey_code, step_code, shown_name from codes
),

journey_names as (
    select distinct journey_code, journey_name from codes
),

counted as (
    select
        journey_code,
        early_steps,
        late_steps,
        is_cut,
        count(*) filter (where is_mature) as journey_count,
        count(*) filter (where not is_mature) as immature_count,
        count(distinct case when is_mature then person_key end) as person_count,
        count(*) filter (where is_mature and is_converted) as converted_count,
        {{ quantile('case when is_mature then duration_microseconds end', 0.5) }}
            as median_microseconds
    from {{ ref('int_journeys') }}
    group by 1, 2, 3, 4
),

ranked as (
    select
        *,
        row_number() over (
            partition by journey_code
            order by journey_count desc, early_steps asc, late_steps asc, is_cut asc
        ) as path_rank
    from counted
),

final as (
    select
        -- keys
        journey_names.journey_name,
        ranked.journey_code,
        ranked.early_steps,
        ranked.late_steps,
        ranked.is_cut,
        -- attributes
        coalesce(nullif(concat_ws(
            ' > ',
            {%- for step in range(1, longest + 1) %}
            step_{{ step }}.shown_name{{ ',' if not loop.last }}
            {%- endfor %}
        ), ''), '(directly)') as path,
        cast(ranked.path_rank as bigint) as path_rank,
        -- measures
        ranked.journey_count,
        ranked.immature_count,
        ranked.person_count,
        ranked.converted_count,
        ranked.median_microseconds
    from ranked
    inner join journey_names on ranked.journey_code = journey_names.journey_code
    {%- for step in range(1, longest + 1) %}
    {%- set packed, place = ('early_steps', step - 1) if step <= 7 else ('late_steps', step - 8) %}
    left join shown as step_{{ step }}
        on
            ranked.journey_code = step_{{ step }}.journey_code
            and (ranked.{{ packed }} & {{ 255 * 256 ** place }})
            = step_{{ step }}.step_code * {{ 256 ** place }}
    {%- endfor %}
)

select * from final
