{# A query: removal_effect of each channel_group by conversion_kind. A Python model finds it, and Spark
   runs none: there it has no rows. Test: the unit tests of attributed_conversions. #}
{% macro channel_effects() -%}
    {{ return(adapter.dispatch('channel_effects', 'headwater')()) }}
{%- endmacro %}

{% macro default__channel_effects() -%}
    select conversion_kind, channel_group, removal_effect from {{ ref('int_channel_effects') }}
{%- endmacro %}

{% macro spark__channel_effects() -%}
    select
        cast(null as string) as conversion_kind,
        cast(null as string) as channel_group,
        cast(null as double) as removal_effect
    where false
{%- endmacro %}
