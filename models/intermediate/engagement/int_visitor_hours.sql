{# Who was there in which hour of which local day, by every id that the tools sent. A run restates
   the days of the visitors whose rows arrived. Bots are nobody. #}
-- depends_on: {{ ref('int_changed_visitor_days') }}
with

{% if is_incremental() -%}
changed as (
    select event_date, source_name, visitor_id from {{ ref('int_changed_visitor_days') }}
),
{%- endif %}

events as (
    select events.*
    from {{ ref('int_events') }} as events
    {% if is_incremental() -%}
    semi join changed
        on
            events.event_date = changed.event_date
            and events.source_name = changed.source_name
            and events.visitor_id = changed.visitor_id
    {%- endif %}
    where
        not events.is_bot
        and {{ in_this_pass(row_hash(['events.source_name', 'events.visitor_id'])) }}
    {% if is_incremental() -%}
    and events.event_date in (select changed.event_date from changed)
    {%- endif %}
),

counted as (
    select
        source_name,
        device_id,
        user_id,
        checkout_id,
        account_id,
        run_id,
        event_date,
        cast(extract(hour from {{ local_timestamp('occurred_at') }}) as integer) as event_hour,
        count(*) as event_count
    from events
    group by 1, 2, 3, 4, 5, 6, 7, 8
),

keyed as (
    select
        -- keys
        source_name,
        coalesce(device_id, user_id) as visitor_id,
        {{ identifier_key("'device'", 'source_name', 'device_id') }} as device_key,
        {{ identifier_key(login_type('source_name'), "''", 'user_id') }} as user_key,
        {{ identifier_key("'checkout'", "''", 'checkout_id') }} as checkout_key,
        {{ identifier_key("'account'", "''", 'account_id') }} as account_key,
        {{ identifier_key("'run'", "source_name", 'run_id') }} as run_key,
        -- measures
        event_count,
        -- times
        event_date,
        event_hour
    from counted
),

{# A visitor who is no longer there on a day is deleted by a row without events. #}
final as (
    select * from keyed
    {%- if is_incremental() %}
    union all
    select source_name, visitor_id, null, null, null, null, null, 0, event_date, null
    from changed
    {%- endif %}
)

select * from final
