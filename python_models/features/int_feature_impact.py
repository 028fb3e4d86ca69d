"""What features are worth, by adjusted differences of adopters and comparable others."""

from headwater.statistics.causal import Limits
from headwater.statistics.feature_impact import feature_impact


def model(dbt, session):
    limits = Limits(
        fewest_units=int(dbt.config.get("fewest_persons")),
        fewest_outcomes=int(dbt.config.get("fewest_outcomes")),
        least_propensity=float(dbt.config.get("least_propensity")),
        largest_imbalance=float(dbt.config.get("largest_imbalance")),
        quantile=float(dbt.config.get("quantile")),
    )
    features = dbt.ref("features").filter("is_used").order("feature_name").fetchall()
    return feature_impact(
        dbt.ref("int_impact_persons").to_arrow_table(),
        dbt.ref("int_impact_uses").to_arrow_table(),
        features=[row[0] for row in features],
        outcomes=["conversion", "upgrade", "retention", "revenue"],
        limits=limits,
    )
