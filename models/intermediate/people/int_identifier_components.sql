{# Which identifiers are one person, as the graph of what was seen together says. A device where
   several people log in belongs to none of them, and the seed identity_overrides has the last word.
   A run works on the components that its new sets touch, and on those that an override concerns or
   concerned. #}
with

edges as (
    select left_key, right_key, rule
    from {{ ref('int_identifier_edges') }}
),

identifiers as (
    select identifier_key from {{ ref('int_identifiers') }}
),

overrides as (
    select action, identifier_key, other_key
    from {{ ref('int_identity_overrides') }}
),

{% if is_incremental() -%}
touched as (
    select changed_key as identifier_key from {{ keys_changed_by('int_identifiers') }}
    union
    select changed_key from {{ keys_changed_by('int_identity_overrides') }}
    union
    select identifier_key from overrides
),

touched_components as (
    select distinct component_key
    from {{ this }}
    where identifier_key in (select touched.identifier_key from touched)
),

relevant as (
    select identifier_key
    from {{ this }}
    where component_key in (select touched_components.component_key from touched_components)
    union
    select identifier_key from touched
),
{%- else -%}
relevant as (
    select identifier_key from identifiers
),
{%- endif %}

relevant_edges as (
    select left_key, right_key from edges
    where left_key in (select relevant.identifier_key from relevant)
    union
    select left_key, right_key from edges
    where right_key in (select relevant.identifier_key from relevant)
),

shared_devices as (
    select left_key as device_key
    from edges
    where
        rule in ('login', 'customer')
        and left_key in (select relevant_edges.left_key from relevant_edges)
    group by 1
    having count(distinct right_key) > {{ var('identity_logins_per_device') }}
),

held_back as (
    select device_key as identifier_key from shared_devices
    union
    select identifier_key from overrides
    where action = 'split'
),

forbidden as (
    select identifier_key as left_key, other_key as right_key
    from overrides
    where action = 'forbid'
),

final as (
    select identifier_key as left_key, identifier_key as right_key
    from identifiers
    where identifier_key in (select relevant.identifier_key from relevant)
    union all
    select relevant_edges.left_key, relevant_edges.right_key
    from relevant_edges
    left join forbidden
        on
            relevant_edges.left_key = forbidden.left_key
            and relevant_edges.right_key = forbidden.right_key
    where
        forbidden.left_key is null
        and relevant_edges.left_key not in (select held_back.identifier_key from held_back)
        and relevant_edges.right_key not in (select held_back.identifier_key from held_back)
)

select * from final
