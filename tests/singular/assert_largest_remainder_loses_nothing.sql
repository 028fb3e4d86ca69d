{# 100 in three equal parts; ends of 0.4 and a middle of 0.2 of 2900; what is below zero; one unit
   for many; remainders that doubles would tell apart although they are equal; nothing; null. #}
with

cases as (
    select 'thirds' as name, 1 as place, cast(100 as bigint) as total, 1 as weight, 34 as expected
    union all
    select 'thirds', 2, 100, 1, 33
    union all
    select 'thirds', 3, 100, 1, 33
    union all
    select 'ends', 1, 2900, 2, 1160
    union all
    select 'ends', 2, 2900, 1, 580
    union all
    select 'ends', 3, 2900, 2, 1160
    union all
    select 'refund', 1, -100, 1, -34
    union all
    select 'refund', 2, -100, 1, -33
    union all
    select 'refund', 3, -100, 1, -33
    union all
    select 'largest', 1, 10, 1, 1
    union all
    select 'largest', 2, 10, 5, 6
    union all
    select 'largest', 3, 10, 3, 3
    union all
    select 'unit', 1, 1, 1, 0
    union all
    select 'unit', 2, 1, 2, 1
    union all
    select 'tie', 1, 61160, 8, 20387
    union all
    select 'tie', 2, 61160, 4, 10193
    union all
    select 'tie', 3, 61160, 12, 30580
    union all
    select 'nothing', 1, 0, 1, 0
    union all
    select 'nothing', 2, 0, 3, 0
    union all
    select 'unknown', 1, null, 1, null
),

many as (
    select
        'many' as name,
        place,
        cast(987654321987 as bigint) as total,
        place * 7 % 11 + 1 as weight
    from (
        select row_number() over (order by traffic_source) as place
        from {{ ref('traffic_sources') }}
    ) as places
),

given as (
    select name, place, total, weight from cases
    union all
    select name, cast(place as integer), total, cast(weight as integer) from many
),

{{ largest_remainder('split', 'given', ['name'], 'weight', 'place', {'part': 'total'}) }}

select split.name, split.place, split.part
from split
left join cases on split.name = cases.name and split.place = cases.place
where split.name != 'many' and (split.part is null) != (cases.expected is null)
    or split.part != cases.expected
union all
select name, null, sum(part)
from split
group by name, total -- noqa: AM06
having sum(part) != total
