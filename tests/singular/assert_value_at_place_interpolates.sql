{# The value at a place between two rows lies between theirs; at the last row it is that one. #}
with

numbered as (
    select 10.0 as amount, 1 as place
    union all
    select 20.0, 2
    union all
    select 40.0, 3
),

sought as (
    select 1.0 as wanted, 10.0 as expected
    union all
    select 1.5, 15.0
    union all
    select 2.25, 25.0
    union all
    select 3.0, 40.0
),

found as (
    select
        sought.wanted,
        sought.expected,
        {{ value_at_place('numbered.amount', 'numbered.place', 'sought.wanted') }} as amount
    from numbered
    cross join sought
    group by 1, 2
)

select * from found
where amount is null or amount != expected
