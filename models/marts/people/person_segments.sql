with

person_segments as (
    select * from {{ ref('int_person_segments') }}
),

persons as (
    select person_id, cast(person_id as bigint) as person_key
    from {{ ref('persons') }}
),

final as (
    select
        -- keys
        persons.person_id,
        person_segments.segment_name,
        -- attributes
        person_segments.segment_value,
        -- flags
        person_segments.valid_until is null as is_latest,
        -- times, UTC
        person_segments.valid_from,
        person_segments.valid_until
    from person_segments
    inner join persons on person_segments.person_key = persons.person_key
)

select * from final
