"""What each channel does for conversions; see headwater.statistics.attribution."""

from headwater.statistics.attribution import channel_effects


def model(dbt, session):
    return channel_effects(dbt.ref("int_channel_paths").to_arrow_table())
