"""Whether a treatment does the same in all values of a segment."""

from headwater.statistics.experiments.segments import heterogeneity


def model(dbt, session):
    return heterogeneity(dbt.ref("int_experiment_comparisons").order("all").df())
