with

moments as (
    select timestamp '2025-03-30 00:59:59.999999' as moment
    union all
    select timestamp '1969-12-31 23:59:59.5'
),

counted as (
    select
        moment,
        {{ microseconds_between("timestamp '1970-01-01 00:00:00'", 'moment') }} as microseconds
    from moments
)

select * from counted
where moment != {{ timestamp_from_microseconds('microseconds') }}
