{# A lead that shows up at a later step has passed those before it, though the CRM may have skipped
   one: skipped_count says how many did, so no step is larger than the one before. #}
with

entries as (
    select * from {{ ref('int_pipeline_entries') }}
),

steps as (
    select listed.step_number, listed.step_name
    from (
        values
        (1, 'form'), (2, 'lead'), (3, 'activity'), (4, 'deal'), (5, 'subscription')
    ) as listed (step_number, step_name)
),

flagged as (
    select
        entries.origin,
        entries.entry_date,
        entries.is_mature,
        entries.furthest_step,
        steps.step_number,
        steps.step_name,
        case steps.step_number
            when 1 then entries.has_form
            when 2 then entries.lead_id is not null
            when 3 then entries.has_activity
            when 4 then entries.has_deal
            else entries.has_subscription
        end as is_seen
    from entries
    cross join steps
    where steps.step_number > 1 or entries.has_form
),

counted as (
    select
        origin,
        cast(date_trunc('month', entry_date) as date) as entry_month,
        step_number,
        step_name,
        count(*) filter (where is_mature) as entry_count,
        count(*) filter (where is_mature and furthest_step >= step_number) as reached_count,
        count(*) filter (where is_mature and furthest_step >= step_number and not is_seen)
            as skipped_count,
        count(*) filter (where not is_mature) as immature_count
    from flagged
    group by 1, 2, 3, 4
),

final as (
    select
        -- keys
        origin,
        step_number,
        -- attributes
        step_name,
        -- measures
        entry_count,
        reached_count,
        skipped_count,
        immature_count,
        reached_count / nullif(cast(entry_count as double), 0) as conversion_rate,
        {{ wilson_bound('reached_count', 'entry_count', 'low') }} as conversion_rate_low,
        {{ wilson_bound('reached_count', 'entry_count', 'high') }} as conversion_rate_high,
        -- times
        entry_month
    from counted
)

select * from final
