{# The first row knows nothing; a null takes the value before it; another group starts anew. #}
with

cases (group_name, place, known, expected) as (
    values
    ('a', 1, null, null),
    ('a', 2, 7, 7),
    ('a', 3, null, 7),
    ('a', 4, null, 7),
    ('a', 5, 3, 3),
    ('b', 1, null, null),
    ('b', 2, null, null)
),

found as (
    select *, {{ last_known('known', 'partition by group_name order by place') }} as found
    from cases
)

select * from found
where found is distinct from cast(expected as integer)
