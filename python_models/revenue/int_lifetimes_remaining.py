"""How long the customers of each plan who have not left will stay, with intervals."""

from headwater.statistics.lifetimes import remaining_lifetimes


def model(dbt, session):
    customers = dbt.ref("int_lifetime_segments").filter("segment_name = 'plan'").to_arrow_table()
    horizons = dbt.config.get("lifetime_horizons_days")
    return remaining_lifetimes(customers, horizons, dbt.config.get("segment_smallest_count"))
