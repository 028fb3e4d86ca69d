"""Effects by segment, drawn to their common mean as far as chance explains their spread."""

from headwater.statistics.experiments.segments import shrink


def model(dbt, session):
    return shrink(dbt.ref("int_experiment_comparisons").order("all").df())
