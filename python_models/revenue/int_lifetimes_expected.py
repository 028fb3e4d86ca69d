"""What a new customer of each segment is worth until each horizon, with intervals."""

from headwater.statistics.lifetimes import expected_lifetimes


def model(dbt, session):
    customers = dbt.ref("int_lifetime_segments").to_arrow_table()
    horizons = dbt.config.get("lifetime_horizons_days")
    return expected_lifetimes(customers, horizons, dbt.config.get("segment_smallest_count"))
