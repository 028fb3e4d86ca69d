"""Who is watched from when, and who used the feature in time, is what was planned."""

from __future__ import annotations

from pathlib import Path

from tests.python.conftest import query

WATCHED = """
    with

    told as (
        select
            starts.person_id,
            min(truth.started_date) as start_date,
            bool_or(truth.used_causal_feature) as is_user
        from '{company}/truth/subscriptions.parquet' as truth
        inner join intermediate.int_subscription_starts as starts using (subscription_id)
        where truth.trial_path is not null
        group by 1
        having count(distinct truth.person) = 1
    )

    select
        told.start_date,
        windows.start_date,
        told.is_user,
        coalesce(uses.use_state in ('before', 'adopted'), false)
    from told
    left join intermediate.int_impact_windows as windows
        on told.person_id = cast(windows.person_key as varchar)
    left join intermediate.int_impact_uses as uses
        on windows.person_key = uses.person_key and uses.feature_name = 'ai_labeling'
"""


def test_trials_begin_when_they_truly_did(company: Path, company_warehouse: Path) -> None:
    rows = query(WATCHED.format(company=company), company_warehouse)
    assert len(rows) > 15
    assert [row for row in rows if row[0] != row[1]] == []


def test_who_used_the_feature_in_time_is_told_from_who_did_not(
    company: Path, company_warehouse: Path
) -> None:
    """A row in a thousand is rejected, and a shared browser misleads now and then."""
    rows = query(WATCHED.format(company=company), company_warehouse)
    assert {row[2] for row in rows} == {True, False}
    assert sum(row[2] == row[3] for row in rows) >= 0.93 * len(rows)
