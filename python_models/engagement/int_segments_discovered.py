"""Segments that differ in an outcome, found in most people and checked in the others."""

from headwater.statistics.discovery import discover


def model(dbt, session):
    return discover(dbt.ref("int_outcome_counts").to_arrow_table())
