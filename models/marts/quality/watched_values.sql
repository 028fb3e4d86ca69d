{# Rows of the marts as JSON, since the seed says which column of which mart is read. Decimals are
   added up, so that the order of rows changes nothing. A day counts once it is over, as the landings
   tell; a day without a row has none of what is counted, once the mart has begun. #}
with

watches as (
    select
        watch_name,
        mart_name,
        value_column,
        coalesce(denominator_column, '') as denominator_column,
        -- people in the variant are an experiment's sample
        case
            when experiment_name is not null then 'n_treatment'
            else coalesce(denominator_column, '')
        end as sample_column,
        coalesce(filter_name, '') as filter_name,
        coalesce(experiment_name, '') as experiment_name,
        coalesce(metric_name, '') as metric_name,
        coalesce(variant, '') as variant,
        coalesce(try_cast(wait_days as integer), 0) as wait_days
    from {{ ref('watch_list') }}
),

filters as (
    select * from {{ ref('event_filters') }}
),

landed as (
    select max({{ local_date('cast(landed_date as timestamp)') }}) - 1 as last_date
    from {{ ref('int_landings') }}
),

longest_wait as (
    select coalesce(max(wait_days), 0) as days from watches
),

bounds as (
    select
        landed.last_date,
        landed.last_date - 28 - {{ var('watch_days') }} - longest_wait.days as first_date
    from landed
    cross join longest_wait
),

mart_rows as (
    {% for mart, day in watched_marts().items() -%}
    select
        '{{ mart }}' as mart_name,
        {{ mart ~ '.' ~ day if day else 'bounds.last_date' }} as value_date,
        {{ row_as_json(mart) }} as row_values
    from {{ ref(mart) }} as {{ mart }}
    cross join bounds
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor -%}
),

mart_days as (
    select
        mart_name,
        min(value_date) as begun_date
    from mart_rows
    group by 1
),

read_rows as (
    select
        watches.watch_name,
        mart_rows.value_date,
        case
            when watches.value_column = '*' then '1'
            else {{ json_text_by('mart_rows.row_values', 'watches.value_column') }}
        end as value_text,
        {{ json_text_by('mart_rows.row_values', 'watches.sample_column') }} as sample_text
    from mart_rows
    cross join bounds
    inner join watches on mart_rows.mart_name = watches.mart_name
    where
        mart_rows.value_date between bounds.first_date and bounds.last_date
        and (
            watches.experiment_name = ''
            or (
                {{ json_text('mart_rows.row_values', 'experiment_name') }} = watches.experiment_name
                and {{ json_text('mart_rows.row_values', 'metric_name') }} = watches.metric_name
                and {{ json_text('mart_rows.row_values', 'treatment') }} = watches.variant
                and {{ json_text('mart_rows.row_values', 'method') }} = 'unadjusted'
            )
        )
        and not exists (
            select 1 from filters
            where
                filters.filter_name = watches.filter_name
                and not {{ filter_holds(
                    json_text_by('mart_rows.row_values', 'filters.property'),
                    'filters.operator',
                    'filters.value'
                ) }}
        )
),

sums as (
    select
        watch_name,
        value_date,
        sum(cast(try_cast(value_text as double) as decimal(38, 6))) as value_sum,
        sum(cast(try_cast(sample_text as double) as decimal(38, 6))) as sample_sum
    from read_rows
    group by 1, 2
),

calendar as (
    {{ days_between('bounds', 'first_date', 'last_date') }}
),

final as (
    select
        -- keys
        watches.watch_name,
        -- measures
        case
            when watches.denominator_column != ''
                then
                    cast(sums.value_sum as double)
                    / nullif(cast(sums.sample_sum as double), 0)
            when watches.experiment_name != '' then cast(sums.value_sum as double)
            else coalesce(cast(sums.value_sum as double), 0)
        end as metric_value,
        case
            when watches.sample_column != '' then coalesce(cast(sums.sample_sum as double), 0)
            else coalesce(cast(sums.value_sum as double), 0)
        end as sample_size,
        -- times
        calendar.date_day as value_date
    from watches
    inner join mart_days on watches.mart_name = mart_days.mart_name
    cross join bounds
    inner join calendar
        on
            mart_days.begun_date <= calendar.date_day
            and calendar.date_day <= bounds.last_date - watches.wait_days
    left join sums
        on
            watches.watch_name = sums.watch_name
            and calendar.date_day = sums.value_date
)

select * from final
