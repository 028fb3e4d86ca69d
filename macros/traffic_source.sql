{# Source of a visit as utm_source would name it, lower case; null when nothing tells, shown `(direct)`.
   utm_source wins, then a click id, then the referrer's host when it is another site. A Google click
   id beats tags that do not call the click paid. Facebook puts fbclid on every link, paid or not: it
   names the site and proves no payment. Arguments are text columns of the visit's first page.
   Test: assert_traffic_source_names_the_site. #}
{% macro traffic_source(utm_source, utm_medium, gclid, fbclid, referrer, page_url) -%}
    case
        when {{ _google_click_decides(gclid, utm_medium) }} then 'google'
        when {{ _tag(utm_source) }} is not null then {{ _tag(utm_source) }}
        when {{ _tag(gclid) }} is not null then 'google'
        when {{ _tag(fbclid) }} is not null then 'facebook.com'
        when {{ referrer }} is null then null
        when not coalesce({{ _is_same_site(url_host(referrer), url_host(page_url)) }}, false)
            then {{ url_host(referrer) }}
    end
{%- endmacro %}

{# A tag as it is compared: lower case; an empty one is none. #}
{% macro _tag(text) -%} nullif(lower(trim({{ text }})), '') {%- endmacro %}

{# Whether Google's click id has the last word: the tags are missing or do not say that the click was
   bought. Tags that do are kept, they tell Display and Shopping from Search. #}
{% macro _google_click_decides(gclid, utm_medium) -%}
    ({{ _tag(gclid) }} is not null and not coalesce({{ matches(
        _tag(utm_medium), 'cp|^ppc$|^retargeting$|^paid|^display$|^banner$|^expandable$|^interstitial$'
    ) }}, false))
{%- endmacro %}

{# Whether one host is the other or a subdomain of it. Two subdomains of one site are told apart, since
   the registrable part of a name (a.co.uk) needs a list. #}
{% macro _is_same_site(host, other_host) -%}
    (
        right('.' || {{ host }}, length({{ other_host }}) + 1) = '.' || {{ other_host }}
        or right('.' || {{ other_host }}, length({{ host }}) + 1) = '.' || {{ host }}
    )
{%- endmacro %}
