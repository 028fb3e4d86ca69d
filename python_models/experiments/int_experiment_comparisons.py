"""Each treatment against the control, for every metric and segment, by both methods."""

from headwater.statistics.experiments.comparison import KEYS, compare_variants


def model(dbt, session):
    readouts = dbt.ref("int_experiment_readouts").order(", ".join((*KEYS, "variant")))
    return compare_variants(readouts.df())
