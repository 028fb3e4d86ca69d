{# How many persons each variant got, in the whole and in each segment; nobody is a 0. Whoever saw
   two variants belongs to none. #}
with

experiments as (
    select experiment_name, srm_alpha from {{ ref('experiments') }}
),

variants as (
    select * from {{ ref('experiment_variants') }}
),

units as (
    select experiment_name, variant, cell_key, count(*) as person_count
    from {{ ref('int_experiment_units') }}
    group by 1, 2, 3
),

cells as (
    select * from {{ ref('int_experiment_cells') }}
),

segment_values as (
    select experiment_name, segment_name, segment_value from cells
    union
    select experiment_name, 'all', 'all' from experiments
),

totals as (
    select
        units.experiment_name,
        units.variant,
        cells.segment_name,
        cells.segment_value,
        sum(units.person_count) as person_count
    from units
    inner join cells
        on units.experiment_name = cells.experiment_name and units.cell_key = cells.cell_key
    group by 1, 2, 3, 4
),

final as (
    select
        -- keys
        variants.experiment_name,
        variants.variant,
        segment_values.segment_name,
        segment_values.segment_value,
        -- attributes
        variants.weight,
        experiments.srm_alpha,
        -- measures
        cast(coalesce(totals.person_count, 0) as bigint) as person_count
    from variants
    inner join experiments on variants.experiment_name = experiments.experiment_name
    inner join segment_values on variants.experiment_name = segment_values.experiment_name
    left join totals
        on
            variants.experiment_name = totals.experiment_name
            and variants.variant = totals.variant
            and segment_values.segment_name = totals.segment_name
            and segment_values.segment_value = totals.segment_value
)

select * from final
