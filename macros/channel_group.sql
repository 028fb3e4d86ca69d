{# Channel group of a visit by Google Analytics 4's default rules, in Google's order, where the first
   that holds wins; case does not matter. Null source and medium are Direct. category: source_category
   of the seed traffic_sources, or null. Google also reads the network of an ad from Google Ads and the
   like; only its rules for source, medium and campaign are here. The place of AI Assistant, after the
   paid media, is ours. Long, since a rule takes a line.
   Source: https://support.google.com/analytics/answer/9756891, "Channels for manual traffic".
   Test: assert_channel_group_follows_googles_rules. #}
{% macro channel_group(source, medium, campaign, category) -%}
    {%- set source, medium = 'lower(' ~ source ~ ')', 'lower(' ~ medium ~ ')' -%}
    {%- set campaign = 'lower(' ~ campaign ~ ')' -%}
    {%- set is_paid = matches(medium, '^(.*cp.*|ppc|retargeting|paid.*)$') -%}
    {%- set is_shop = matches(campaign, '^(.*(([^a-df-z]|^)shop|shopping).*)$') -%}
    {%- set social = "'social', 'social-network', 'social-media', 'sm', 'social network', 'social media'" -%}
    {%- set email = "'email', 'e-mail', 'e_mail', 'e mail'" -%}
    case
        when coalesce({{ source }}, '(direct)') = '(direct)'
            and coalesce({{ medium }}, '(none)') in ('(not set)', '(none)') then 'Direct'
        when {{ matches(campaign, 'cross-network') }} then 'Cross-network'
        when ({{ category }} = 'shopping' or {{ is_shop }}) and {{ is_paid }} then 'Paid Shopping'
        when {{ category }} = 'search' and {{ is_paid }} then 'Paid Search'
        when {{ category }} = 'social' and {{ is_paid }} then 'Paid Social'
        when {{ category }} = 'video' and {{ is_paid }} then 'Paid Video'
        when {{ medium }} in ('display', 'banner', 'expandable', 'interstitial', 'cpm') then 'Display'
        when {{ is_paid }} then 'Paid Other'
        when {{ category }} = 'ai_assistant' or {{ medium }} = 'ai-assistant' then 'AI Assistant'
        when {{ category }} = 'shopping' or {{ is_shop }} then 'Organic Shopping'
        when {{ category }} = 'social' or {{ medium }} in ({{ social }}) then 'Organic Social'
        when {{ category }} = 'video' or {{ matches(medium, 'video') }} then 'Organic Video'
        when {{ category }} = 'search' or {{ medium }} = 'organic' then 'Organic Search'
        when {{ medium }} in ('referral', 'app', 'link') then 'Referral'
        when {{ source }} in ({{ email }}) or {{ medium }} in ({{ email }}) then 'Email'
        when {{ medium }} = 'affiliate' then 'Affiliates'
        when {{ medium }} = 'audio' then 'Audio'
        when {{ source }} = 'sms' or {{ medium }} = 'sms' then 'SMS'
        when {{ matches(medium, 'push$|mobile|notification') }} or {{ source }} = 'firebase'
            then 'Mobile Push Notifications'
        else 'Unassigned'
    end
{%- endmacro %}
