{# Whether experiments that run at the same time disturb each other: what a treatment does to
   persons in another experiment's treatment, less what it does to those in its control. #}
with

experiments as (
    select experiment_name, alpha from {{ ref('experiments') }}
),

pairs as (
    select
        experiment_name,
        other_experiment_name,
        cast(sum(person_count) as bigint) as shared_person_count
    from {{ ref('int_experiment_pairs') }}
    group by 1, 2
),

{# A frame without rows has no types, so all are cast before they are joined. #}
mixes as (
    select
        cast(experiment_name as string) as experiment_name,
        cast(other_experiment_name as string) as other_experiment_name,
        cast(chi2 as double) as chi2,
        cast(df as bigint) as df,
        cast(p_value as double) as p_value,
        cast(is_imbalanced as boolean) as is_imbalanced
    from {{ ref('int_experiment_pair_mixes') }}
),

interactions as (
    select
        cast(experiment_id as string) as experiment_name,
        cast(metric_id as string) as metric_name,
        cast(treatment as string) as treatment,
        cast(segment_name as string) as other_experiment_name,
        cast(segment_value as string) as other_treatment,
        cast(status as string) as status,
        cast(n as bigint) as person_count,
        cast(reference_diff as double) as diff_beside_control,
        cast(diff as double) as diff_beside_treatment,
        cast(difference as double) as interaction,
        cast(se as double) as se,
        cast(df as double) as df,
        cast(t_stat as double) as t_stat,
        cast(p_value as double) as p_value,
        cast(ci_low as double) as ci_low,
        cast(ci_high as double) as ci_high,
        cast(q_value as double) as q_value,
        cast(family_size as bigint) as family_size
    from {{ ref('int_experiment_interactions') }}
),

final as (
    select
        -- keys
        interactions.experiment_name,
        interactions.metric_name,
        interactions.treatment,
        interactions.other_experiment_name,
        interactions.other_treatment,
        -- attributes
        interactions.status,
        -- measures
        pairs.shared_person_count,
        interactions.person_count,
        interactions.diff_beside_control,
        interactions.diff_beside_treatment,
        interactions.interaction,
        interactions.se,
        interactions.df,
        interactions.t_stat,
        interactions.p_value,
        interactions.ci_low,
        interactions.ci_high,
        interactions.q_value,
        interactions.family_size,
        mixes.chi2 as assignment_chi2,
        mixes.df as assignment_df,
        mixes.p_value as assignment_p_value,
        -- flags
        interactions.q_value < experiments.alpha as is_interaction,
        mixes.is_imbalanced as is_assignment_dependent
    from interactions
    inner join experiments on interactions.experiment_name = experiments.experiment_name
    inner join pairs
        on
            interactions.experiment_name = pairs.experiment_name
            and interactions.other_experiment_name = pairs.other_experiment_name
    inner join mixes
        on
            interactions.experiment_name = mixes.experiment_name
            and interactions.other_experiment_name = mixes.other_experiment_name
)

select * from final
