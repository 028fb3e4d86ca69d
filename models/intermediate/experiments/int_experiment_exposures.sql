{# Events that show who saw which variant: the exposures of every tool, and whatever the own tags
   send along with an experiment. A run restates the days of the visitors whose rows arrived. Read
   from the wide table, since two of an event's properties are needed together. #}
-- depends_on: {{ ref('int_changed_visitor_days') }}
with

{% if is_incremental() -%}
changed as (
    select event_date, source_name, visitor_id from {{ ref('int_changed_visitor_days') }}
),
{%- endif %}

exposures as (
    select
        {{ named_event_columns() }},
        events.experiment_id,
        events.variant
    from {{ ref('int_events') }} as events
    where
        events.experiment_id is not null
        and (events.event_name = 'experiment_exposure' or events.source_name = 'own')
        and not events.is_bot
    {% if is_incremental() -%}
    and events.event_date in (select changed.event_date from changed)
    {%- endif %}
),

{# A visitor who is no longer there on a day is deleted by a row without an event. #}
final as (
    select exposures.*
    from exposures
    {%- if is_incremental() %}
    semi join changed
        on
            exposures.event_date = changed.event_date
            and exposures.source_name = changed.source_name
            and exposures.visitor_id = changed.visitor_id
    union all
    select
        null, source_name, visitor_id, null, null, null, null, null, null, null, null, null, null,
        event_date, null, null
    from changed
    {%- endif %}
)

select * from final
