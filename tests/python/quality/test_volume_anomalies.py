"""Volumes that are odd: what was planted is found the day after it began, and little else."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.python.conftest import compiled, query

JUDGED = "verdict not in ('learning', 'holiday')"
MOST_FALSE_ALARMS = 0.01  # of the days of series in which nothing was planted


@pytest.mark.parametrize("kind", ["tracking_outage", "renamed_event"])
def test_what_was_planted_is_found_on_its_first_full_day(
    kind: str, company: Path, company_warehouse: Path
) -> None:
    """The simulator's people live in several time zones: an incident begins in the middle of its
    first UTC day, and the next one is the first that is affected as a whole."""
    found = query(
        f"""
        select volumes.verdict, volumes.event_count, volumes.expected_count > 50
        from '{company}/truth/incidents.parquet' as incidents
        inner join marts.volume_anomalies as volumes
            on
                incidents.source_name = volumes.source_name
                and incidents.platform = volumes.platform
                and incidents.event_name = volumes.event_name
                and volumes.event_date = incidents.first_date + 1
        where incidents.kind = '{kind}'
        """,
        company_warehouse,
    )
    assert found == [("silence", 0, True)]


def test_there_are_few_false_alarms(company: Path, company_warehouse: Path) -> None:
    ((alarms, days),) = query(
        f"""
        select count(*) filter (where verdict != 'normal'), count(*)
        from marts.volume_anomalies as volumes
        where
            {JUDGED}
            and not exists (
                select 1 from '{company}/truth/incidents.parquet' as incidents
                where
                    incidents.source_name = volumes.source_name
                    and incidents.platform = volumes.platform
                    and volumes.event_name in (incidents.event_name, incidents.renamed_to)
                    and volumes.event_date >= incidents.first_date
            )
        """,
        company_warehouse,
    )
    assert days > 800
    assert alarms <= MOST_FALSE_ALARMS * days


def test_days_that_are_over_have_a_row_for_every_series(company_warehouse: Path) -> None:
    """Also those on which nothing came; the day on which the last rows landed is not over."""
    series = query(
        """
        select count(*), max(event_date) - min(event_date) + 1, max(event_date)
        from marts.volume_anomalies
        group by source_name, event_name, platform
        """,
        company_warehouse,
    )
    ((last,),) = query("select max(event_date) - 1 from intermediate.int_events", company_warehouse)
    assert {day for _, _, day in series} == {last}
    assert [row for row in series if row[0] != row[1]] == []
    ((silent,),) = query(
        "select count(*) from marts.volume_anomalies where event_count = 0", company_warehouse
    )
    assert silent > 0


def test_a_day_does_not_teach_what_is_expected_of_it(
    company_warehouse: Path, tmp_path: Path
) -> None:
    """Ten times as many events on one day change what is expected of later days alone."""
    copy = shutil.copy(company_warehouse, tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(copy)) as connection:
        connection.execute("create temp table before as from intermediate.int_event_volumes_by_day")
        connection.execute(
            """
            update intermediate.int_event_counts_by_day set event_count = 10 * event_count
            where event_date = date '2025-01-22'
            """
        )
        after = compiled(company_warehouse, "int_event_volumes_by_day")
        changed = connection.sql(
            f"""
            select
                event_date,
                count(*) filter (where after.event_count != before.event_count) > 0,
                count(*) filter (where after.expected_count != before.expected_count) > 0
            from before
            inner join ({after}) as after
                using (source_name, event_name, platform, event_date)
            where before.expected_count is not null
            group by 1
            """
        ).fetchall()
    counts = {str(day) for day, is_other, _ in changed if is_other}
    expectations = {str(day) for day, _, is_other in changed if is_other}
    assert counts == {"2025-01-22"}
    assert "2025-01-29" in expectations and min(expectations) > "2025-01-22"
