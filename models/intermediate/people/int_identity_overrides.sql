with

overrides as (
    select * from {{ ref('identity_overrides') }}
),

keyed as (
    select
        action,
        {{ identifier_key('identifier_type', "coalesce(source_name, '')", 'identifier_value') }}
            as identifier_key,
        {{ identifier_key(
            'other_identifier_type', "coalesce(other_source_name, '')", 'other_identifier_value'
        ) }} as other_key
    from overrides
),

final as (
    select action, identifier_key, other_key from keyed
    union
    select action, other_key, identifier_key from keyed
    where action = 'forbid'
)

select * from final
