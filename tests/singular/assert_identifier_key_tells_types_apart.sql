{# Fixed values, so that engines and versions agree: the first 15 hexadecimal digits of the MD5 of
   `type|scope|value`, here of `device|own|d1`, `device|web|d1` and `user||d1`. #}
with

cases (case_number, identifier_type, scope, identifier_value, digits) as (
    values
    (1, 'device', 'own', 'd1', left(md5('device|own|d1'), 15)),
    (2, 'device', 'web', 'd1', left(md5('device|web|d1'), 15)),
    (3, 'user', '', 'd1', left(md5('user||d1'), 15)),
    (4, 'user', '', null, null)
),

keyed as (
    select
        case_number,
        digits,
        {{ identifier_key('identifier_type', 'scope', 'identifier_value') }} as identifier_key
    from cases
)

select *
from keyed
where
    lower(right('000000000000000' || hex(identifier_key), 15)) is distinct from digits
    or identifier_key < 0
    or identifier_key >= 1152921504606846976
