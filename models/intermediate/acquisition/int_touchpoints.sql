{# Visits that say where a person came from. An app's session says nothing, unless a tagged link led
   into it: only the tools in `direct_visit_sources` can tell that nothing led there. A run restates
   the persons whose rows arrived, and those who turned out to be somebody else. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

traffic_sources as (
    select traffic_source, source_category from {{ ref('traffic_sources') }}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

{% if is_incremental() -%}
changed as (
    select * from {{ ref('int_changed_persons') }}
),
{%- endif %}

visits as (
    select
        session_id,
        device_key,
        user_key,
        checkout_key,
        first_traffic_source as traffic_source,
        first_utm_source as utm_source,
        first_utm_medium as utm_medium,
        first_utm_campaign as utm_campaign,
        first_gclid as gclid,
        first_fbclid as fbclid,
        started_at,
        session_date
    from {{ ref('int_sessions') }}
    where
        not is_bot
        and (
            first_traffic_source is not null
            or source_name in ('{{ valid_var("direct_visit_sources") | join("', '") }}') -- noqa: LT05
        )
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('visits') }}
),

final as (
    select
        -- keys
        identified.person_key,
        identified.session_id,
        -- attributes
        {{ channel_group('identified.traffic_source',
            traffic_medium('identified.traffic_source', 'traffic_sources.source_category',
                'identified.utm_source', 'identified.utm_medium', 'identified.gclid',
                'identified.fbclid'),
            'identified.utm_campaign', 'traffic_sources.source_category') }} as channel_group,
        -- times, UTC, and the local day
        identified.started_at as occurred_at,
        identified.session_date
    from identified
    left join traffic_sources on identified.traffic_source = traffic_sources.traffic_source
    where
        identified.person_key is not null
    {% if is_incremental() -%}
    and identified.person_key in (select changed.person_key from changed)
    union all
    select distinct person_key, null, null, null, null from changed
    {%- endif %}
)

select * from final
