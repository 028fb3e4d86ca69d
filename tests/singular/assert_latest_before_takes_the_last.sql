{# The last early row at or before a late one, within its keys; without one the row goes, or stays
   with nulls. #}
with

early (person, early_place, label) as (
    values ('ann', 10, 'a'), ('ann', 20, 'b'), ('bob', 5, 'c')
),

late (person, place, expected) as (
    values ('ann', 9, null), ('ann', 10, 'a'), ('ann', 19, 'a'), ('ann', 99, 'b'), ('bob', 4, null)
),

found as (
    {{ latest_before('late', 'early', ['person'], 'place', 'early_place', ['label']) }}
),

kept as (
    {{ latest_before(
        'late', 'early', ['person'], 'place', 'early_place', ['label'], keep_all=true
    ) }}
)

select person, place from found
where label is distinct from expected or expected is null
union all
select person, place from kept
where label is distinct from expected
union all
select 'count', count(*) from kept
having count(*) != 5
