"""Whether people fell on the variants of an experiment as its weights say they should."""

from headwater.statistics.experiments.sample_ratio import sample_ratio


def model(dbt, session):
    arms = dbt.ref("int_experiment_arms").project("*, person_count as n")
    keys = ("experiment_name", "segment_name", "segment_value")
    return sample_ratio(arms.order("experiment_name, segment_name, segment_value, variant").df(), keys)
