{# Platform that an event came from, where the tool does not say: its SDK's name decides, the operating
   system only for SDKs that serve both phones. A browser on a phone is web.
   Test: assert_platform_of_reads_the_library. #}
{% macro platform_of(library, operating_system, user_agent) -%}
    {%- set software = "lower(concat_ws(' ', " ~ library ~ ", " ~ user_agent ~ "))" -%}
    {%- set sdk = "lower(" ~ library ~ ")" -%}
    {%- set system = "lower(" ~ operating_system ~ ")" -%}
    {%- set both_phones = matches(sdk, 'react-native|flutter|unity|xamarin|expo|maui') -%}
    case
        when {{ matches(software, 'electron|tauri|desktop') }} then 'desktop'
        when {{ matches(sdk, '^ios|-ios|iphone|swift|objc') }} then 'ios'
        when {{ matches(sdk, 'android|kotlin') }} then 'android'
        when {{ both_phones }} and {{ matches(system, '^ios|^ipad|iphone') }} then 'ios'
        when {{ both_phones }} and {{ matches(system, 'android') }} then 'android'
        else 'web'
    end
{%- endmacro %}
