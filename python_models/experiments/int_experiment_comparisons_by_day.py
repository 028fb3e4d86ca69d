"""Each treatment against the control with what was known at the end of each day."""

from headwater.statistics.experiments.comparison import compare_variants
from headwater.statistics.experiments.sequential import running_minimum

KEYS = ("experiment_id", "metric_id", "analysis_date")


def model(dbt, session):
    days = dbt.ref("int_experiment_statistics_by_day")
    judged = days.join(dbt.ref("int_experiment_settings"), "experiment_name, metric_name")
    named = judged.project("*, experiment_name as experiment_id, metric_name as metric_id")
    readouts = compare_variants(named.order(", ".join((*KEYS, "variant"))).df(), KEYS)
    return running_minimum(
        readouts, ("experiment_id", "metric_id", "treatment", "method"), "analysis_date"
    )
