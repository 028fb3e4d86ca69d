"""Each segment against the rest of its whole, with intervals and Holm's correction."""

from headwater.statistics.proportions import compare_with_rest


def model(dbt, session):
    rates = dbt.ref("int_segment_rates").to_arrow_table()
    return compare_with_rest(rates, ["metric_name", "segment_name"])
