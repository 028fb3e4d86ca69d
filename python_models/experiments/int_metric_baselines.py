"""What people do of each metric without any treatment, in runs of several lengths."""

from headwater.statistics.experiments.planning import baselines

KEYS = ("metric_name", "run_days")


def model(dbt, session):
    return baselines(dbt.ref("int_baseline_statistics").order(", ".join(KEYS)).df(), KEYS)
