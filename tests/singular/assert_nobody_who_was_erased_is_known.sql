{# Whoever was erased and has landed again: run `headwater erase`, without arguments, and build. #}
with

identifiers as (
    select
        identifier_type,
        {{ hashed("'erased ' || cast(identifier_key as string)") }} as identifier_hash
    from {{ ref('int_identifiers') }}
),

erased as (
    select identifier_hash from {{ ref('stg_headwater__erased_identifiers') }}
)

select identifiers.*
from identifiers
inner join erased on identifiers.identifier_hash = erased.identifier_hash
