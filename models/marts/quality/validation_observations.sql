{# What each documented check finds. Two are not an average of units: V11 compares shares, by chi
   square with as many degrees of freedom as products less one; V18 compares two means, with one
   variance for both. Sums are of decimals, the same in whichever order rows are added. #}
with

targets as (
    select * from {{ ref('validation_targets') }}
),

units as (
    select * from {{ ref('validation_units') }}
),

shares as (
    select * from {{ ref('validation_product_shares') }}
),

trials as (
    select trial_path, product_sku, count(*) as trial_count
    from {{ ref('trials') }}
    where is_trial and product_sku is not null
    group by 1, 2
),

summed as (
    select
        units.check_id,
        units.subject,
        count(units.unit_value) as unit_count,
        cast(sum(cast(units.unit_value as decimal(38, 6))) as double) as total,
        cast(sum(cast(units.unit_value * units.unit_value as decimal(38, 6))) as double)
            as total_of_squares,
        count(*) filter (
            where units.unit_value < targets.unit_low
            or units.unit_value > targets.unit_high
            or units.unit_value is null
        ) as outside_count
    from units
    left join targets on units.check_id = targets.check_id and units.subject = targets.subject
    group by 1, 2
),

averaged as (
    select
        check_id,
        subject,
        unit_count,
        outside_count,
        total / nullif(unit_count, 0) as mean_value,
        greatest(total_of_squares - total * total / nullif(unit_count, 0), 0) as squared_deviations
    from summed
),

compared as (
    select
        coalesce(shares.trial_path, trials.trial_path) as trial_path,
        shares.expected_share,
        coalesce(trials.trial_count, 0) as trial_count,
        sum(trials.trial_count)
            over (partition by coalesce(shares.trial_path, trials.trial_path)) as path_count,
        count(shares.expected_share)
            over (partition by coalesce(shares.trial_path, trials.trial_path)) as share_count
    from shares
    full join trials
        on shares.trial_path = trials.trial_path and shares.product_sku = trials.product_sku
),

{# A product that nobody expected makes the distance infinite: it is told as the largest number. #}
distances as (
    select
        trial_path,
        cast(max(path_count) as bigint) as unit_count,
        sum(cast(case
            when expected_share is null then 1e9
            else power(trial_count - expected_share * path_count, 2)
                / (expected_share * path_count)
        end as decimal(28, 9))) as distance,
        max(share_count) - 1 as degrees_of_freedom
    from compared
    where path_count > 0 and share_count > 0
    group by 1
),

final as (
    select
        check_id,
        subject,
        unit_count,
        mean_value,
        sqrt(squared_deviations / nullif((unit_count - 1) * unit_count, 0)) as standard_error,
        outside_count,
        cast(null as bigint) as degrees_of_freedom
    from averaged
    where check_id <> 'V18'
    union all
    select
        'V11', trial_path, unit_count, cast(distance as double), null, null, degrees_of_freedom
    from distances
    union all
    select
        'V18',
        'all',
        self_service.unit_count + sales_assisted.unit_count,
        self_service.mean_value - sales_assisted.mean_value,
        sqrt(
            (self_service.squared_deviations + sales_assisted.squared_deviations)
            / nullif(self_service.unit_count + sales_assisted.unit_count - 2, 0)
            * (1e0 / self_service.unit_count + 1e0 / sales_assisted.unit_count)
        ),
        null,
        null
    from averaged as self_service
    inner join averaged as sales_assisted
        on
            self_service.check_id = 'V18'
            and self_service.subject = 'self_service'
            and sales_assisted.check_id = 'V18'
            and sales_assisted.subject = 'sales_assisted'
)

select * from final
