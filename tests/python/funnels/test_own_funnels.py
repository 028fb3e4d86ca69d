"""The macros for questions of one's own say what the marts say where both are asked the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.python.conftest import Dbt, query

COLUMNS = """
    person_id, entered_at, entry_date, furthest_step, is_converted, seconds_to_convert, is_mature
"""
SHOP = """[
    {'event': 'product_view'},
    {'event': 'add_to_cart'},
    {'event': 'checkout_start'},
    {'event': 'purchase'},
]"""
TRIAL = """[
    {'event': 'trial_started'},
    {'event': 'feature_used', 'kind': 'optional'},
    {'event': 'trial_converted'},
    {'event': 'trial_expired', 'kind': 'excluded'},
]"""


def rows_of(inline: str, company: Path, warehouse: Path, folder: Path) -> list[tuple]:
    """Rows of a query in dbt's words; dbt has a copy of the warehouse, since it locks its own."""
    dbt = Dbt(company, folder)
    shutil.copy(warehouse, dbt.warehouse)
    printed = dbt.run("compile", "--inline", inline, "--output", "json", "--quiet")
    compiled = json.loads(printed[printed.index("{") :])["compiled"]
    return query(compiled, warehouse)


@pytest.mark.parametrize(
    ("funnel_name", "call"),
    [
        ("shop", f"funnel({SHOP}, window_hours=168)"),
        ("trial", f"funnel({TRIAL}, window_hours=720, attempts='first')"),
    ],
)
def test_a_funnel_of_ones_own_equals_the_mart(
    funnel_name: str, call: str, company: Path, company_warehouse: Path, tmp_path: Path
) -> None:
    own = rows_of(f"select {COLUMNS} from ({{{{ {call} }}}})", company, company_warehouse, tmp_path)
    mart = query(
        f"""
        select {COLUMNS} from marts.funnel_entries
        where funnel_name = '{funnel_name}' and is_counted
        """,
        company_warehouse,
    )
    assert len(mart) > 30
    assert sorted(own, key=str) == sorted(mart, key=str)


def test_a_conversion_rate_counts_people_within_days(
    company: Path, company_warehouse: Path, tmp_path: Path
) -> None:
    (found,) = rows_of(
        """
        select person_count, converted_count, immature_count from (
            {{ conversion_rate('product_view', 'purchase', 48, '2025-01-05', '2025-01-20') }}
        )
        """,
        company,
        company_warehouse,
        tmp_path,
    )
    (expected,) = query(
        """
        with viewed as (
            select person_id, occurred_at from marts.events
            where
                event_name = 'product_view'
                and event_date between date '2025-01-05' and date '2025-01-20'
        ),

        bought as (
            select person_id, occurred_at from marts.events where event_name = 'purchase'
        )

        select count(distinct viewed.person_id), count(distinct bought.person_id), 0
        from viewed
        left join bought
            on
                viewed.person_id = bought.person_id
                and bought.occurred_at between viewed.occurred_at
                and viewed.occurred_at + interval 48 hours
        where viewed.person_id is not null
        """,
        company_warehouse,
    )
    assert found == expected
    assert found[1] > 20
