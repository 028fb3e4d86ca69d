{# What each documented check finds. Two are not an average of units: V11 compares shares, by chi
   square with as many degrees of freedom as products less one; V18 compares two means. #}
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
    select trial_path, product_sku from {{ ref('trials') }}
    where is_trial and product_sku is not null
),

rates as (
    select * from {{ ref('int_currency_rates') }}
),

deals as (
    select trial_path, currency, created_date, deal_value from {{ ref('deals') }}
    where status = 'won' and not is_deleted
),

averaged as (
    select
        units.check_id,
        units.subject,
        count(units.unit_value) as unit_count,
        avg(units.unit_value) as mean_value,
        stddev_samp(units.unit_value) as deviation,
        count(*) filter (
            where units.unit_value < targets.unit_low
            or units.unit_value > targets.unit_high
            or units.unit_value is null
        ) as outside_count
    from units
    inner join targets on units.check_id = targets.check_id and units.subject = targets.subject
    group by 1, 2
),

sizes as (
    select trial_path, count(*) as trial_count from trials
    group by 1
),

products as (
    select trial_path, product_sku from shares
    union
    select trials.trial_path, trials.product_sku from trials
    where trials.trial_path in (select shares.trial_path from shares)
),

compared as (
    select
        products.trial_path,
        products.product_sku,
        count(trials.product_sku) as trial_count,
        max(shares.expected_share) as expected_share,
        max(sizes.trial_count) as path_count
    from products
    inner join sizes on products.trial_path = sizes.trial_path
    left join shares
        on
            products.trial_path = shares.trial_path
            and products.product_sku = shares.product_sku
    left join trials
        on
            products.trial_path = trials.trial_path
            and products.product_sku = trials.product_sku
    group by 1, 2
),

{# A product that nobody expected makes the distance infinite: it is told as the largest number. #}
distances as (
    select
        trial_path,
        max(path_count) as unit_count,
        sum(case
            when expected_share is null then 1e300
            else power(trial_count - expected_share * path_count, 2)
                / (expected_share * path_count)
        end) as distance,
        count(expected_share) - 1 as degrees_of_freedom
    from compared
    group by 1
),

priced as (
    {{ latest_before('deals', 'rates', ['currency'], 'created_date', 'valid_from', ['rate']) }}
),

deal_means as (
    select
        trial_path,
        count(*) as deal_count,
        avg(deal_value * rate) as mean_value,
        coalesce(var_samp(deal_value * rate), 0) / count(*) as variance_of_mean
    from priced
    group by 1
),

final as (
    select
        check_id,
        subject,
        unit_count,
        mean_value,
        deviation / sqrt(unit_count) as standard_error,
        outside_count,
        cast(null as bigint) as degrees_of_freedom
    from averaged
    union all
    select 'V11', trial_path, unit_count, distance, null, null, degrees_of_freedom from distances
    union all
    select
        'V18',
        'all',
        self_service.deal_count + sales_assisted.deal_count,
        cast(self_service.mean_value - sales_assisted.mean_value as double),
        sqrt(self_service.variance_of_mean + sales_assisted.variance_of_mean),
        null,
        null
    from deal_means as self_service
    inner join deal_means as sales_assisted
        on
            self_service.trial_path = 'self_service'
            and sales_assisted.trial_path = 'sales_assisted'
)

select * from final
