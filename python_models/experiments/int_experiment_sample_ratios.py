"""Whether people fell on the variants of an experiment as its weights say they should."""

from headwater.statistics.experiments.sample_ratio import sample_ratio

KEYS = ("experiment_name", "segment_name", "segment_value")


def model(dbt, session):
    arms = dbt.ref("int_experiment_arms").project("*, person_count as n")
    return sample_ratio(arms.order(", ".join((*KEYS, "variant"))).df(), KEYS)
