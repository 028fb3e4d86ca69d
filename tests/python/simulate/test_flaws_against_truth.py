"""The marts against what the simulator knows: every flaw is found, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.simulate.deliver import Flaw
from tests.python.conftest import query


def test_every_kind_of_flaw_is_planted_and_listed(company: Path) -> None:
    planted = dict(
        query(f"select flaw, count(*) from '{company}/truth/flawed_rows.parquet' group by 1")
    )
    assert set(planted) == {flaw.name.lower() for flaw in Flaw} - {"none"}
    (out_of_order,) = query(
        f"select sum(out_of_order_count) from '{company}/truth/landed_rows.parquet'"
    )[0]
    assert out_of_order > 0


@pytest.mark.parametrize(
    "count", ["landed_count", "event_count", "duplicate_count", "rejected_count"]
)
def test_rows_add_up_per_source_and_landed_day(
    company: Path, company_warehouse: Path, count: str
) -> None:
    wrong = query(
        f"""
        select source_name, landed_date, truth.{count}, mart.{count}
        from '{company}/truth/landed_rows.parquet' as truth
        full join marts.landed_rows_by_day as mart using (source_name, landed_date)
        where truth.{count} is distinct from mart.{count}
        """,
        company_warehouse,
    )
    assert wrong == []
    compared = query("select count(*) from marts.landed_rows_by_day", company_warehouse)
    assert compared == [(5 * 35,)]


def test_the_rejected_rows_are_the_broken_ones_with_their_reason(
    company: Path, company_warehouse: Path
) -> None:
    pairs = query(
        f"""
        select truth.reject_reason, mart.reject_reason, count(*)
        from (
            select * from '{company}/truth/flawed_rows.parquet' where reject_reason is not null
        ) as truth
        full join marts.rejected_events as mart
            on truth.source_name = mart.source_name
            and truth.file_name = mart.file_name
            and truth.row_number = mart.row_number_in_file
        group by 1, 2
        """,
        company_warehouse,
    )
    assert {told for told, found, _ in pairs if told == found} == {
        "missing_event_name",
        "missing_time",
        "time_out_of_range",
        "missing_identity",
    }
    assert [pair for pair in pairs if pair[0] != pair[1]] == []


def test_bots_are_the_planted_bots(company: Path, company_warehouse: Path) -> None:
    (planted,) = query(
        f"select count(*) from '{company}/truth/flawed_rows.parquet' where flaw = 'bot'"
    )[0]
    (found,) = query(
        "select count(*) from intermediate.int_events where is_bot", company_warehouse
    )[0]
    assert found == planted > 0


def test_skewed_clocks_are_corrected_and_no_others(company: Path, company_warehouse: Path) -> None:
    (found,) = query(
        "select count(*) from intermediate.int_events where is_clock_corrected", company_warehouse
    )[0]
    (skewed,) = query(
        f"select count(*) from '{company}/truth/flawed_rows.parquet' where flaw = 'clock_skew'"
    )[0]
    # A skewed row that also arrives later than its clock runs ahead cannot be told from a true one.
    assert 0.9 * skewed <= found <= skewed


def test_active_ids_equal_truth_on_every_day(company: Path, company_warehouse: Path) -> None:
    days = query(
        f"""
        with found as (
            select event_date, count(distinct coalesce(user_key, device_key)) as active_count
            from intermediate.int_visitor_hours
            group by 1
        )
        select event_date, truth.active_count, found.active_count
        from '{company}/truth/active_ids_by_day.parquet' as truth
        full join found using (event_date)
        """,
        company_warehouse,
    )
    assert len(days) == 35
    assert [day for day in days if day[1] != day[2]] == []


def test_late_rows_land_up_to_three_days_after(company: Path, company_warehouse: Path) -> None:
    ((most,),) = query(
        """
        select max(date_diff('hour', occurred_at, received_at))
        from intermediate.int_events
        where source_name = 'amplitude'
        """,
        company_warehouse,
    )
    assert 48 < most <= 72


def test_the_outage_loses_androids_saves_and_nothing_else(
    company: Path, company_warehouse: Path
) -> None:
    ((first, last),) = query(
        f"""
        select first_date, last_date
        from '{company}/truth/incidents.parquet'
        where kind = 'tracking_outage'
        """
    )
    by_day = dict(
        query(
            """
            select event_date, count(*)
            from intermediate.int_events
            where platform = 'android' and event_name = 'save'
            group by 1
            """,
            company_warehouse,
        )
    )
    inside = [count for day, count in by_day.items() if first < day <= last]
    outside = [count for day, count in by_day.items() if not first <= day <= last]
    assert sum(inside) < min(outside)
