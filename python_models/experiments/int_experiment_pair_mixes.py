"""Whether two experiments that run at the same time deal out their variants independently."""

from headwater.statistics.experiments.segments import segment_mix


def model(dbt, session):
    pairs = dbt.ref("int_experiment_pairs")
    arms = pairs.project("*, other_variant as segment_value, person_count as n").order("all")
    return segment_mix(arms.df(), ("experiment_name", "other_experiment_name"))
