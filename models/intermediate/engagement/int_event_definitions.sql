{# What int_named_events keeps, once each, whoever asks: which names, under which filter, with which
   property. Journeys, key events and processes read events elsewhere, and retentions find any
   activity in active days. #}
with

asked as (
    select event_name, filter_name, property_name
    from {{ ref('int_event_questions') }}
    where
        thing_kind not in ('journey', 'key event', 'process')
        and (thing_kind != 'retention' or event_name != '*')
    union all
    select 'trial_started', null, 'trial_path'
),

final as (
    select distinct
        event_name,
        coalesce(filter_name, '') as filter_name,
        coalesce(property_name, '') as property_name
    from asked
)

select * from final
