{# A person is called by the strongest identifier they have: who orders as a customer is that
   customer wherever else they are seen. A group too large to be one person is held back, and each
   identifier in it stands alone. #}
{%- set rank_unit = 1152921504606846976 %} {# 2 ** 60: keys lie below it #}
with

identifiers as (
    select * from {{ ref('int_identifiers') }}
    {% if is_incremental() -%}
    where identifier_key in {{ keys_changed_by('int_identifier_components') }}
    {%- endif %}
),

components as (
    select identifier_key, component_key
    from {{ ref('int_identifier_components') }}
),

edges as (
    select left_key, right_key, rule, first_seen_at
    from {{ ref('int_identifier_edges') }}
),

overrides as (
    select identifier_key from {{ ref('int_identity_overrides') }}
),

ranked as (
    select
        identifiers.*,
        components.component_key,
        case identifiers.identifier_type
            when 'customer' then 1
            when 'user' then 2
            when 'stripe_customer' then 3
            when 'crm_person' then 4
            when 'email' then 5
            when 'checkout' then 6
            else 7
        end * {{ rank_unit }} + identifiers.identifier_key as ranked_key
    from identifiers
    inner join components on identifiers.identifier_key = components.identifier_key
),

component_sizes as (
    select
        component_key,
        count(*) as identifier_count,
        min(ranked_key) % {{ rank_unit }} as strongest_key
    from ranked
    group by 1
),

ends as (
    select edges.left_key as identifier_key, edges.right_key as other_key, edges.*
    from edges
    inner join identifiers on edges.left_key = identifiers.identifier_key
    union all
    select edges.right_key, edges.left_key, edges.*
    from edges
    inner join identifiers on edges.right_key = identifiers.identifier_key
),

compared as (
    select
        ends.identifier_key,
        ends.first_seen_at,
        ends.rule,
        ranked.component_key = others.component_key as is_link,
        overrides.identifier_key is not null as is_overridden
    from ends
    inner join ranked on ends.identifier_key = ranked.identifier_key
    inner join components as others on ends.other_key = others.identifier_key
    left join overrides
        on overrides.identifier_key in (ends.identifier_key, ends.other_key)
),

reasons as (
    select
        identifier_key,
        min(cast(first_seen_at as string) || rule) filter (where is_link) as first_link,
        bool_or(not is_link and not is_overridden) as is_on_shared_device,
        bool_or(not is_link and is_overridden) as is_overridden
    from compared
    group by 1
),

final as (
    select
        -- keys
        ranked.identifier_key,
        cast(
            case
                when component_sizes.identifier_count > {{ var('identity_largest_person') }}
                    then ranked.identifier_key
                else component_sizes.strongest_key
            end as string
        ) as person_id,
        -- attributes
        ranked.identifier_type,
        ranked.source_name,
        ranked.identifier_value,
        coalesce(nullif(regexp_extract(reasons.first_link, '[a-z]+$', 0), ''), 'alone') as rule,
        ranked.evidence,
        case
            when component_sizes.identifier_count > {{ var('identity_largest_person') }}
                then 'too_large'
            when reasons.is_overridden then 'override'
            when reasons.is_on_shared_device then 'shared_device'
        end as held_back_because,
        -- times, UTC
        ranked.first_seen_at
    from ranked
    inner join component_sizes on ranked.component_key = component_sizes.component_key
    left join reasons on ranked.identifier_key = reasons.identifier_key
)

select * from final
