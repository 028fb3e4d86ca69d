{# Columns come from one row, nulls and all; the second column of the order decides ties. #}
with

listed (person, place, tie, color, size) as (
    values
    ('ann', 2, 1, 'red', 1),
    ('ann', 1, 2, 'blue', 2),
    ('ann', 1, 1, null, 3),
    ('bob', 1, 1, 'green', null)
),

firsts as (
    select person, {{ first_row(['color', 'size'], ['place', 'tie']) }} as first_listed
    from listed
    group by person
)

select *
from firsts
where
    first_listed.color is distinct from case person when 'bob' then 'green' end
    or first_listed.size is distinct from case person when 'ann' then 3 end
