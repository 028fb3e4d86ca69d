"""Whether a treatment does something else to persons who are in another experiment's treatment."""

from headwater.statistics.experiments.comparison import KEYS
from headwater.statistics.experiments.crossing import crossed_effects


def model(dbt, session):
    cells = dbt.ref("int_experiment_pair_statistics")
    judged = cells.join(dbt.ref("int_experiment_settings"), "experiment_name, metric_name")
    named = judged.project(
        "*, experiment_name as experiment_id, metric_name as metric_id, "
        "other_experiment_name as segment_name, other_variant as segment_value"
    )
    controls = dbt.ref("experiments").project("experiment_name, control_variant").fetchall()
    return crossed_effects(named.order(", ".join((*KEYS, "variant"))).df(), dict(controls))
