{# Medium of a visit as utm_medium would name it, lower case; null when nothing tells, shown `(none)`, and
   when a tagged link names a source only. source: traffic_source's answer; category: its source_category
   in the seed traffic_sources, or null. A Google click is `cpc` unless its tags call it paid otherwise,
   so that no paid click looks organic. fbclid is on organic links too: `social`, never paid.
   Test: assert_traffic_medium_never_hides_a_paid_click. #}
{% macro traffic_medium(source, category, utm_source, utm_medium, gclid, fbclid) -%}
    case
        when {{ _google_click_decides(gclid, utm_medium) }} then 'cpc'
        when {{ _tag(utm_medium) }} is not null then {{ _tag(utm_medium) }}
        when {{ _tag(utm_source) }} is not null then null
        when {{ _tag(fbclid) }} is not null then 'social'
        when {{ category }} = 'search' then 'organic'
        when {{ category }} = 'ai_assistant' then 'ai-assistant'
        when {{ source }} is not null then 'referral'
    end
{%- endmacro %}
