"""Whether a warehouse holds one whole build that passed all its tests."""

from __future__ import annotations

import duckdb

# The last is the one that was noted last, whatever the clock said: clocks are set back.
LAST_CHANGE = """
select rowid, command, is_whole, started_at, ended_at, failed_count, invocation_id
from state.runs
where command in ('build', 'run', 'seed', 'snapshot')
order by rowid desc
limit 1
"""
LAST_TEST = """
select started_at, failed_count from state.runs
where command = 'test' and ended_at is not null and failed_count > 0 and rowid > ?
order by rowid desc
limit 1
"""


class AuditError(RuntimeError):
    """The warehouse must not be published; the message says why and what to do."""


def audited_run(connection: duckdb.DuckDBPyConnection) -> str:
    """The invocation_id of the dbt run that built and tested everything in the warehouse.

    Args:
        connection: to the warehouse; its table state.runs is read.

    Raises:
        AuditError: the last run that changed the warehouse did not end, failed somewhere, built a
            part of the project or tested nothing; or a test of it has failed since.
    """
    try:
        last = connection.execute(LAST_CHANGE).fetchone()
    except duckdb.CatalogException:
        last = None
    if last is None:
        raise AuditError("no dbt run is on record in it: run `dbt build`.")
    place, command, is_whole, started_at, ended_at, failed_count, invocation = last
    began = f"the last `dbt {command}`, begun at {started_at:%Y-%m-%d %H:%M:%S} UTC,"
    if ended_at is None:
        raise AuditError(f"{began} did not end, or has not yet: run `dbt build`.")
    if not is_whole:
        raise AuditError(
            f"{began} built a part of the project, or tested nothing: run `dbt build`."
        )
    if failed_count:
        raise AuditError(
            f"{began} ended with {failed_count} failed or skipped models and tests: see "
            "logs/dbt.log, mend them, and run `dbt build`."
        )
    if failed := connection.execute(LAST_TEST, [place]).fetchone():
        raise AuditError(
            f"`dbt test` at {failed[0]:%Y-%m-%d %H:%M:%S} UTC failed {failed[1]} times on it: mend "
            "what it found, and run `dbt build`."
        )
    return str(invocation)
