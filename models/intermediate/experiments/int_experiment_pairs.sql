{# Of two experiments that run on one day at least, how many persons of both got which variants;
   nobody is a 0. A pair is there twice, once for the metrics of either. Experiments that share
   nobody are no pair. #}
with

experiments as (
    select
        experiment_name,
        start_date,
        coalesce(end_date, date '9999-12-31') as end_date
    from {{ ref('experiments') }}
),

variants as (
    select experiment_name, variant from {{ ref('experiment_variants') }}
),

units as (
    select experiment_name, person_key, variant from {{ ref('int_experiment_units') }}
),

simultaneous as (
    select
        experiments.experiment_name,
        others.experiment_name as other_experiment_name
    from experiments
    inner join experiments as others
        on
            experiments.experiment_name != others.experiment_name
            and experiments.start_date < others.end_date
            and experiments.end_date > others.start_date
),

shared as (
    select
        simultaneous.experiment_name,
        simultaneous.other_experiment_name,
        units.variant,
        others.variant as other_variant,
        count(*) as person_count
    from simultaneous
    inner join units on simultaneous.experiment_name = units.experiment_name
    inner join units as others
        on
            simultaneous.other_experiment_name = others.experiment_name
            and units.person_key = others.person_key
    group by 1, 2, 3, 4
),

pairs as (
    select distinct experiment_name, other_experiment_name from shared
),

final as (
    select
        -- keys
        pairs.experiment_name,
        pairs.other_experiment_name,
        variants.variant,
        others.variant as other_variant,
        -- measures
        cast(coalesce(shared.person_count, 0) as bigint) as person_count
    from pairs
    inner join variants on pairs.experiment_name = variants.experiment_name
    inner join variants as others on pairs.other_experiment_name = others.experiment_name
    left join shared
        on
            pairs.experiment_name = shared.experiment_name
            and pairs.other_experiment_name = shared.other_experiment_name
            and variants.variant = shared.variant
            and others.variant = shared.other_variant
)

select * from final
