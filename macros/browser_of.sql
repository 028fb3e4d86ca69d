{# Browser named by a user agent, for tools that pass the agent on unread. Order matters: Edge and Opera
   also say Chrome, and Chrome also says Safari. Test: assert_browser_of_reads_the_agent. #}
{% macro browser_of(user_agent) -%}
    case
        when {{ matches(user_agent, 'Edg/|EdgA/|EdgiOS/') }} then 'Edge'
        when {{ matches(user_agent, 'OPR/|Opera') }} then 'Opera'
        when {{ matches(user_agent, 'SamsungBrowser/') }} then 'Samsung Internet'
        when {{ matches(user_agent, 'Firefox/|FxiOS/') }} then 'Firefox'
        when {{ matches(user_agent, 'Chrome/|CriOS/') }} then 'Chrome'
        when {{ matches(user_agent, 'Safari/') }} then 'Safari'
    end
{%- endmacro %}
