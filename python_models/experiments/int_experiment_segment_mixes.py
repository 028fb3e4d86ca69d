"""Whether all variants of an experiment have the same mix of each segment."""

from headwater.statistics.experiments.segments import segment_mix


def model(dbt, session):
    arms = dbt.ref("int_experiment_arms").filter("segment_name != 'all'")
    ordered = arms.project("*, person_count as n").order("all")
    return segment_mix(ordered.df(), ("experiment_name", "segment_name"))
