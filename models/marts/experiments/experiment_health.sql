{# Whether the results of an experiment may be believed: one question a row. A question that cannot
   be answered yet is `unknown`. Longer than a screen: six questions. #}
with

experiments as (
    select experiment_name, experiment_id, start_date, end_date, srm_alpha
    from {{ ref('experiments') }}
),

variants as (
    select experiment_name, variant from {{ ref('experiment_variants') }}
),

exposures as (
    select experiment_id, variant, event_date from {{ ref('int_experiment_exposures') }}
),

persons as (
    select
        experiment_name,
        count(*) as person_count,
        count(*) filter (where is_excluded) as excluded_count
    from {{ ref('int_experiment_persons') }}
    group by 1
),

sample_ratios as (
    select * from {{ ref('int_experiment_sample_ratios') }}
    where segment_name = 'all'
),

mixes as (
    select
        experiment_name,
        count(*) filter (where is_imbalanced) as imbalanced_count,
        min(p_value) as least_p_value
    from {{ ref('int_experiment_segment_mixes') }}
    group by 1
),

comparisons as (
    select
        experiment_id as experiment_name,
        count(*) filter (where pre_p_value < 0.001) as imbalanced_count,
        min(pre_p_value) as least_p_value
    from {{ ref('int_experiment_comparisons') }}
    where segment_name = 'all' and method = 'unadjusted'
    group by 1
),

metrics_seen as (
    select experiment_name, metric_name, sum(n) as person_count, sum(n_nonzero) as nonzero_count
    from {{ ref('int_experiment_statistics') }}
    where segment_name = 'all'
    group by 1, 2
),

missing as (
    select
        experiment_name,
        count(*) filter (where nonzero_count = 0) as missing_count,
        max(person_count) as person_count
    from metrics_seen
    group by 1
),

shown as (
    select
        experiments.experiment_name,
        count(*) as exposure_count,
        count(*) filter (where exposures.variant is null) as without_variant_count,
        count(*) filter (
            where exposures.variant is not null and variants.variant is null
        ) as unknown_count
    from exposures
    inner join experiments
        on
            exposures.experiment_id = experiments.experiment_id
            and exposures.event_date >= experiments.start_date
            and (experiments.end_date is null or exposures.event_date < experiments.end_date)
    left join variants
        on
            experiments.experiment_name = variants.experiment_name
            and exposures.variant = variants.variant
    group by 1
),

{# Each is a count of what is wrong out of how many, or a p-value, or both. #}
answers as (
    select
        experiments.experiment_name,
        'sample_ratio' as check_name,
        cast(null as bigint) as observed_count,
        sample_ratios.n_units as whole_count,
        sample_ratios.p_value,
        case
            when sample_ratios.status = 'SRM_DETECTED' then 'fail'
            when sample_ratios.status = 'INVALID_WEIGHTS' then 'fail'
            when sample_ratios.status = 'OK' then 'ok'
            else 'unknown'
        end as verdict
    from experiments
    left join sample_ratios on experiments.experiment_name = sample_ratios.experiment_name
    union all
    select
        experiments.experiment_name,
        'multiple_exposure',
        persons.excluded_count,
        persons.person_count,
        null,
        case
            when persons.person_count is null then 'unknown'
            when
                persons.excluded_count >= 10
                and persons.excluded_count > 0.01 * persons.person_count
                then 'warn'
            else 'ok'
        end
    from experiments
    left join persons on experiments.experiment_name = persons.experiment_name
    union all
    select
        experiments.experiment_name,
        'unknown_variants',
        shown.unknown_count,
        shown.exposure_count,
        null,
        case
            when shown.exposure_count is null then 'unknown'
            when shown.unknown_count > 0 then 'warn'
            else 'ok'
        end
    from experiments
    left join shown on experiments.experiment_name = shown.experiment_name
    union all
    select
        experiments.experiment_name,
        'exposures_without_variant',
        shown.without_variant_count,
        shown.exposure_count,
        null,
        case
            when shown.exposure_count is null then 'unknown'
            when shown.without_variant_count > 0 then 'warn'
            else 'ok'
        end
    from experiments
    left join shown on experiments.experiment_name = shown.experiment_name
    union all
    select
        experiments.experiment_name,
        'pre_period_balance',
        comparisons.imbalanced_count,
        null,
        comparisons.least_p_value,
        case
            when comparisons.least_p_value is null then 'unknown'
            when comparisons.imbalanced_count > 0 then 'warn'
            else 'ok'
        end
    from experiments
    left join comparisons on experiments.experiment_name = comparisons.experiment_name
    union all
    select
        experiments.experiment_name,
        'segment_mix',
        mixes.imbalanced_count,
        null,
        mixes.least_p_value,
        case
            when mixes.least_p_value is null then 'unknown'
            when mixes.imbalanced_count > 0 then 'warn'
            else 'ok'
        end
    from experiments
    left join mixes on experiments.experiment_name = mixes.experiment_name
    union all
    select
        experiments.experiment_name,
        'missing_metrics',
        missing.missing_count,
        null,
        null,
        case
            when coalesce(missing.person_count, 0) = 0 then 'unknown'
            when missing.missing_count > 0 then 'fail'
            else 'ok'
        end
    from experiments
    left join missing on experiments.experiment_name = missing.experiment_name
),

final as (
    select
        -- keys
        experiment_name,
        check_name,
        -- attributes
        verdict,
        case check_name
            when 'sample_ratio' then 'Variants got other shares than planned: who is lost?'
            when 'multiple_exposure' then 'People saw two variants: is assignment by person?'
            when 'unknown_variants' then 'Add the variant to the seed, or correct the tag'
            when 'exposures_without_variant' then 'Send the variant along with each exposure'
            when 'pre_period_balance' then 'Variants differed before: is assignment by lot?'
            when 'segment_mix' then 'Variants differ in a segment: is it lost in one of them?'
            else 'Nobody has the event of a metric: is it tracked, and its name right?'
        end as advice,
        -- measures
        cast(observed_count as bigint) as observed_count,
        cast(whole_count as bigint) as whole_count,
        cast(p_value as double) as p_value
    from answers
)

select * from final
