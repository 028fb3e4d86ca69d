"""Each variant before and after the first exposure, and its change against the control's."""

from headwater.statistics.experiments.before_after import before_and_after

KEYS = ("experiment_name", "metric_name")


def model(dbt, session):
    statistics = dbt.ref("int_experiment_pre_post_statistics")
    judged = statistics.join(dbt.ref("int_experiment_settings"), ", ".join(KEYS))
    return before_and_after(judged.order(", ".join((*KEYS, "variant"))).df(), KEYS)
