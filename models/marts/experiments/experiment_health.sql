{# Whether the results of an experiment may be believed: one question a row. A question that cannot
   be answered yet is `unknown`. #}
{#- name, observed, whole, p_value, unanswered if, wrong if, verdict then, advice -#}
{%- set questions = [
    (
        'sample_ratio', 'null', 'unit_count', 'ratio_p_value',
        "coalesce(ratio_status, '') not in ('OK', 'SRM_DETECTED', 'INVALID_WEIGHTS')",
        "ratio_status != 'OK'", 'fail',
        'Variants got other shares than planned: who is lost?'
    ),
    (
        'multiple_exposure', 'excluded_count', 'person_count', 'null',
        'person_count is null', 'excluded_count >= 10 and excluded_count > 0.01 * person_count', 'warn',
        'People saw two variants: is assignment by person?'
    ),
    (
        'held_out_exposure', 'held_out_count', 'person_count', 'null',
        'person_count is null', 'held_out_count > 0', 'warn',
        'People of the holdout saw a variant: is the holdout asked first?'
    ),
    (
        'unknown_variants', 'unknown_count', 'exposure_count', 'null',
        'exposure_count is null', 'unknown_count > 0', 'warn',
        'Add the variant to the seed, or correct the tag'
    ),
    (
        'exposures_without_variant', 'without_variant_count', 'exposure_count', 'null',
        'exposure_count is null', 'without_variant_count > 0', 'warn',
        'Send the variant along with each exposure'
    ),
    (
        'pre_period_balance', 'unlike_metric_count', 'null', 'metric_p_value',
        'metric_p_value is null', 'unlike_metric_count > 0', 'warn',
        'Variants differed before: is assignment by lot?'
    ),
    (
        'covariate_balance', 'imbalanced_count', 'covariate_count', 'null',
        'coalesce(covariate_count, 0) = 0', 'imbalanced_count > 0', 'warn',
        'Variants differed before by as much as matters: read the adjusted results'
    ),
    (
        'segment_mix', 'unlike_segment_count', 'null', 'segment_p_value',
        'segment_p_value is null', 'unlike_segment_count > 0', 'warn',
        'Variants differ in a segment: is it lost in one of them?'
    ),
    (
        'missing_metrics', 'missing_count', 'null', 'null',
        'coalesce(measured_count, 0) = 0', 'missing_count > 0', 'fail',
        'Nobody has the event of a metric: is it tracked, and its name right?'
    ),
] %}

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
        count(*) filter (where exclusion_reason = 'several_variants') as excluded_count,
        count(*) filter (where exclusion_reason = 'held_out') as held_out_count
    from {{ ref('int_experiment_persons') }}
    group by 1
),

sample_ratios as (
    select
        experiment_name,
        n_units as unit_count,
        p_value as ratio_p_value,
        status as ratio_status
    from {{ ref('int_experiment_sample_ratios') }}
    where segment_name = 'all'
),

mixes as (
    select
        experiment_name,
        count(*) filter (where is_imbalanced) as unlike_segment_count,
        min(p_value) as segment_p_value
    from {{ ref('int_experiment_segment_mixes') }}
    group by 1
),

comparisons as (
    select
        experiment_id as experiment_name,
        count(*) filter (where pre_p_value < 0.001) as unlike_metric_count,
        min(pre_p_value) as metric_p_value
    from {{ ref('int_experiment_comparisons') }}
    where segment_name = 'all' and method = 'unadjusted'
    group by 1
),

covariates as (
    select
        experiment_name,
        count(standardised_difference) as covariate_count,
        count(*) filter (where is_imbalanced) as imbalanced_count
    from {{ ref('int_experiment_covariates') }}
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
        max(person_count) as measured_count
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

facts as (
    select
        experiments.experiment_name,
        sample_ratios.unit_count,
        sample_ratios.ratio_p_value,
        sample_ratios.ratio_status,
        persons.person_count,
        persons.excluded_count,
        persons.held_out_count,
        shown.exposure_count,
        shown.without_variant_count,
        shown.unknown_count,
        comparisons.unlike_metric_count,
        comparisons.metric_p_value,
        covariates.covariate_count,
        covariates.imbalanced_count,
        mixes.unlike_segment_count,
        mixes.segment_p_value,
        missing.measured_count,
        missing.missing_count
    from experiments
    left join sample_ratios on experiments.experiment_name = sample_ratios.experiment_name
    left join persons on experiments.experiment_name = persons.experiment_name
    left join shown on experiments.experiment_name = shown.experiment_name
    left join comparisons on experiments.experiment_name = comparisons.experiment_name
    left join covariates on experiments.experiment_name = covariates.experiment_name
    left join mixes on experiments.experiment_name = mixes.experiment_name
    left join missing on experiments.experiment_name = missing.experiment_name
),

final as (
    {%- for name, observed, whole, p_value, unanswered, wrong, verdict, advice in questions %}
    select
        -- keys
        experiment_name,
        '{{ name }}' as check_name,
        -- attributes
        case
            when {{ unanswered }} then 'unknown'
            when {{ wrong }} then '{{ verdict }}'
            else 'ok'
        end as verdict,
        '{{ advice }}' as advice,
        -- measures
        cast({{ observed }} as bigint) as observed_count,
        cast({{ whole }} as bigint) as whole_count,
        cast({{ p_value }} as double) as p_value
    from facts
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
