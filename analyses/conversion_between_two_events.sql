{# Of the people who searched, how many saved something within a day? Copy this file, change the
   events, and run `dbt show --select conversion_between_two_events`. #}
{{ conversion_rate('search', 'save', window_hours=24) }}
