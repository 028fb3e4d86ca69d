{# Whether experiments that run at the same time disturb each other: what a treatment does to persons
   in another experiment's treatment, less what it does to those in that one's control. #}
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

mixes as (
    select * from {{ ref('int_experiment_pair_mixes') }}
),

interactions as (
    select * from {{ ref('int_experiment_interactions') }}
),

final as (
    select
        -- keys
        cast(interactions.experiment_id as string) as experiment_name,
        cast(interactions.metric_id as string) as metric_name,
        cast(interactions.treatment as string) as treatment,
        cast(interactions.segment_name as string) as other_experiment_name,
        cast(interactions.segment_value as string) as other_treatment,
        -- attributes
        cast(interactions.status as string) as status,
        -- measures
        pairs.shared_person_count,
        cast(interactions.n as bigint) as person_count,
        cast(interactions.reference_diff as double) as diff_beside_control,
        cast(interactions.diff as double) as diff_beside_treatment,
        cast(interactions.difference as double) as interaction,
        cast(interactions.se as double) as se,
        cast(interactions.df as double) as df,
        cast(interactions.t_stat as double) as t_stat,
        cast(interactions.p_value as double) as p_value,
        cast(interactions.ci_low as double) as ci_low,
        cast(interactions.ci_high as double) as ci_high,
        cast(interactions.q_value as double) as q_value,
        cast(interactions.family_size as bigint) as family_size,
        cast(mixes.chi2 as double) as assignment_chi2,
        cast(mixes.df as bigint) as assignment_df,
        cast(mixes.p_value as double) as assignment_p_value,
        -- flags
        cast(interactions.q_value < experiments.alpha as boolean) as is_interaction,
        cast(mixes.is_imbalanced as boolean) as is_assignment_dependent
    from interactions
    inner join experiments on interactions.experiment_id = experiments.experiment_name
    inner join pairs
        on
            interactions.experiment_id = pairs.experiment_name
            and interactions.segment_name = pairs.other_experiment_name
    inner join mixes
        on
            interactions.experiment_id = mixes.experiment_name
            and interactions.segment_name = mixes.other_experiment_name
)

select * from final
