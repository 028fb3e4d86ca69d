with

person_identifiers as (
    select * from {{ ref('int_person_identifiers') }}
),

final as (
    select
        -- keys
        identifier_key,
        person_id,
        -- attributes
        identifier_type,
        source_name,
        identifier_value,
        rule,
        evidence,
        held_back_because,
        -- times, UTC
        first_seen_at
    from person_identifiers
)

select * from final
