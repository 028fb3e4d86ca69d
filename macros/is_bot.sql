{# Whether a user agent, browser or device name is an automated client that names itself.
   Cubot makes phones. text: varchar expression; null is no bot. Test: assert_is_bot_knows_crawlers. #}
{% macro is_bot(text) -%}
    coalesce({{ matches("replace(lower(" ~ text ~ "), 'cubot', '')", "bot|crawl|spider|slurp|headless|lighthouse|preview") }}, false)
{%- endmacro %}
