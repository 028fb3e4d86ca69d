{# How far variants were apart before their exposure, in standard deviations, by what each metric
   counts in the time before (of a ratio: its numerator). P-values find the smallest difference among
   many persons; this says whether it is large enough to matter. Austin (2009), Statistics in Medicine
   28, 3083; the standard error is that of Hedges and Olkin (1985), Statistical methods for
   meta-analysis. #}
with

experiments as (
    select experiment_name, control_variant from {{ ref('experiments') }}
),

statistics as (
    select experiment_name, metric_name, variant, n, m_x, c_xx
    from {{ ref('int_experiment_statistics') }}
    where segment_name = 'all'
),

pairs as (
    select
        treatments.experiment_name,
        treatments.metric_name,
        treatments.variant as treatment,
        controls.n as n_control,
        treatments.n as n_treatment,
        treatments.m_x - controls.m_x as difference,
        nullif(sqrt((treatments.c_xx + controls.c_xx) / 2), 0) as deviation
    from statistics as treatments
    inner join experiments on treatments.experiment_name = experiments.experiment_name
    inner join statistics as controls
        on
            experiments.experiment_name = controls.experiment_name
            and experiments.control_variant = controls.variant
            and treatments.metric_name = controls.metric_name
    where treatments.variant != experiments.control_variant
),

standardised as (
    select
        *,
        difference / deviation as standardised_difference
    from pairs
),

measured as (
    select
        *,
        sqrt(
            (n_control + n_treatment) / nullif(n_control * n_treatment, 0)
            + standardised_difference * standardised_difference
            / nullif(2 * (n_control + n_treatment), 0)
        ) as standard_error
    from standardised
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        treatment,
        -- measures
        n_control,
        n_treatment,
        standardised_difference,
        standard_error,
        -- flags
        coalesce(
            abs(standardised_difference) - {{ var('interval_normal_quantile') }} * standard_error
            > {{ var('experiment_largest_imbalance') }},
            false
        ) as is_imbalanced
    from measured
)

select * from final
