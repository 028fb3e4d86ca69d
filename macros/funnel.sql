{# A query for questions of your own: one row per person, how far the best of their entries into a funnel
   got, by the rules of the mart funnel_entries. Columns: person_id, entered_at, entry_date,
   furthest_step, is_converted, seconds_to_convert, is_mature (its window has closed).
   steps: dictionaries with `event`, our name of it; `where`, a condition on columns of the mart events, or
   nothing; `kind`: required (unless it says so), optional, or excluded, which ends an attempt at any step.
   attempts: best, or first for the first entry alone; step_order: ordered, strict or any. Entries lie on
   the local days from first_date to last_date.
   Example: analyses/funnel_of_your_own.sql. Test: tests/python/funnels. #}
{% macro funnel(
    steps, window_hours=24, step_order='ordered', attempts='best', first_date=none, last_date=none
) -%}
{%- set asked = [] -%}
{%- set chain = [] -%}
{%- for step in steps -%}
    {%- set is_excluded = step.get('kind') == 'excluded' -%}
    {%- if not is_excluded %}{% do chain.append(step) %}{% endif -%}
    {%- do asked.append((0 if is_excluded else chain | length, step)) -%}
{%- endfor -%}
{%- if step_order == 'strict' %}{% do asked.append((0, {'event': none})) %}{% endif -%}
{%- set bounds = _bounds_of_steps(chain) -%}
with

step_events as (
    {%- for step_number, step in asked %}
    select
        'funnel' as funnel_name,
        {{ step_number }} as step_number,
        event_id,
        cast(person_id as bigint) as person_key,
        '' as held_value,
        {{ 'true' if step_number == 0 else 'false' }} as is_excluded,
        {{ 'true' if chain | selectattr('event', 'equalto', step.event) | list | length > 1
            else 'false' }} as is_repeated,
        {{ microseconds_between("timestamp '1970-01-01 00:00:00'", 'occurred_at') }} as occurred_us,
        '{{ step_order }}' as step_order,
        '{{ attempts }}' as attempts,
        {{ window_hours }} * cast(3600000000 as bigint) as window_us
    from {{ ref('events') }}
    where
        person_id is not null
        {%- if step.event %}
        and event_name = '{{ step.event }}'
        {%- endif %}
        {%- if step.get('where') %}
        and ({{ step['where'] }})
        {%- endif %}
        {%- if step_number == 1 and step_order != 'any' %}
        and {{ _between_days(first_date, last_date) }}
        {%- endif %}
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

step_bounds as (
    {%- for previous_required, next_required in bounds %}
    select
        'funnel' as funnel_name,
        {{ loop.index }} as step_number,
        {{ previous_required }} as previous_required,
        {{ next_required }} as next_required
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

{{ funnel_chain(_links_of_bounds(bounds)) }},

entries as (
    select
        person_key,
        entry_us,
        min(entry_event_id) as entry_event_id,
        max(step_number) as furthest_step,
        max(occurred_us) as latest_us
    from steps_done
    group by 1, 2
),

dated as (
    select *, {{ local_date(timestamp_from_microseconds('entry_us')) }} as event_date
    from entries
),

ranked as (
    select
        *,
        row_number() over (
            partition by person_key order by furthest_step desc, entry_us, entry_event_id
        ) as attempt_rank
    from dated
    where {{ _between_days(first_date, last_date) }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

final as (
    select
        cast(ranked.person_key as string) as person_id,
        ranked.event_date as entry_date,
        {{ timestamp_from_microseconds('ranked.entry_us') }} as entered_at,
        ranked.furthest_step,
        ranked.furthest_step = {{ chain | length }} as is_converted,
        case
            when ranked.furthest_step = {{ chain | length }}
                then (ranked.latest_us - ranked.entry_us) / cast(1000000 as double)
        end as seconds_to_convert,
        {{ microseconds_between("timestamp '1970-01-01 00:00:00'", 'last_moment.last_moment') }}
        >= ranked.entry_us + {{ window_hours }} * cast(3600000000 as bigint) as is_mature
    from ranked
    cross join last_moment
    where ranked.attempt_rank = 1
)

select * from final
{%- endmacro %}

{% macro _between_days(first_date, last_date) -%}
    {%- if first_date and last_date -%}
        event_date between date '{{ first_date }}' and date '{{ last_date }}'
    {%- elif first_date or last_date -%}
        event_date {{ '>=' if first_date else '<=' }} date '{{ first_date or last_date }}'
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# Of each step the required one before it, 0 for none, and the required one after it, or the last. #}
{% macro _bounds_of_steps(chain) -%}
    {%- set required = [] -%}
    {%- for step in chain -%}
        {%- if step.get('kind') != 'optional' %}{% do required.append(loop.index) %}{% endif -%}
    {%- endfor -%}
    {%- set bounds = [] -%}
    {%- for number in range(1, chain | length + 1) -%}
        {%- do bounds.append((
            required | select('lt', number) | max | default(0),
            required | select('gt', number) | min | default(chain | length)
        )) -%}
    {%- endfor -%}
    {{ return(bounds) }}
{%- endmacro %}

{# The steps that each step may follow, as in funnel_links. #}
{% macro _links_of_bounds(bounds) -%}
    {%- set links = [] -%}
    {%- for number in range(2, bounds | length + 1) -%}
        {%- set earlier = [] -%}
        {%- for other in range(1, number) if number <= bounds[other - 1][1] -%}
            {%- do earlier.append(other) -%}
        {%- endfor -%}
        {%- do links.append(earlier) -%}
    {%- endfor -%}
    {{ return(links) }}
{%- endmacro %}
