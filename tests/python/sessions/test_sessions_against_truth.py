"""The sessions that the marts find are the sessions that the simulated people had."""

from __future__ import annotations

from pathlib import Path

from tests.python.conftest import query

# Tools tell time in steps of their own.
STEP = {
    "amplitude": "microsecond",
    "mixpanel": "second",
    "posthog": "millisecond",
    "ga4": "microsecond",
    "shopify": "millisecond",
}


def test_sessions_of_intact_devices_equal_truth_exactly(
    company: Path, company_warehouse: Path
) -> None:
    step = " ".join(f"when '{tool}' then '{unit}'" for tool, unit in STEP.items())
    rows = query(
        f"""
        with truth as (
            select * from '{company}/truth/sessions.parquet'
        ),
        harmed as (
            select distinct source_name, device_id from truth where not is_intact
        ),
        expected as (
            select
                source_name,
                device_id,
                date_trunc(case source_name {step} end, started_at) as started_at,
                date_trunc(case source_name {step} end, ended_at) as ended_at,
                event_count,
                is_bot
            from truth
            anti join harmed using (source_name, device_id)
        ),
        found as (
            select source_name, device_id, started_at, ended_at, event_count, is_bot
            from marts.sessions
            anti join harmed using (source_name, device_id)
        )
        select
            (select count(*) from expected),
            (select count(*) from truth),
            (select count(*) from (select * from expected except all select * from found)),
            (select count(*) from (select * from found except all select * from expected))
        """,
        company_warehouse,
    )
    ((intact, all_sessions, missing, invented),) = rows
    assert intact > 0.8 * all_sessions > 10_000
    assert (missing, invented) == (0, 0)


def test_sessions_of_all_devices_are_off_by_what_was_harmed(
    company: Path, company_warehouse: Path
) -> None:
    ((harmed, told),) = query(
        f"select count(*) filter (not is_intact), count(*) from '{company}/truth/sessions.parquet'"
    )
    ((found,),) = query("select count(*) from marts.sessions", company_warehouse)
    assert abs(found - told) <= harmed


def test_campaign_visits_carry_their_campaign_and_a_paid_click_is_never_organic(
    company: Path, company_warehouse: Path
) -> None:
    """Of the sessions that a campaign truly brought, the mart says so of each."""
    rows = query(
        f"""
        with truth as (
            select source_name, device_id, date_trunc('second', started_at) as started_at
            from '{company}/truth/sessions.parquet'
            where is_intact and campaign_id is not null
        )
        select count(*), count(sessions.session_id), count(sessions.first_campaign)
        from truth
        left join marts.sessions
            on
                truth.source_name = sessions.source_name
                and truth.device_id = sessions.device_id
                and truth.started_at = date_trunc('second', sessions.started_at)
        """,
        company_warehouse,
    )
    ((brought, matched, tagged),) = rows
    assert brought == matched == tagged > 100
    organic = query(
        """
        select channel_group, count(*)
        from marts.sessions
        where first_gclid is not null
        group by 1
        """,
        company_warehouse,
    )
    assert organic
    assert [row for row in organic if "Organic" in row[0] or row[0] in ("Direct", "Referral")] == []


def test_process_runs_end_as_their_events_say(company: Path, company_warehouse: Path) -> None:
    """Every run has one status: failed or complete, whichever came first, or neither."""
    rows = query(
        """
        with outcomes as (
            select
                source_name,
                run_id,
                min(occurred_at) filter (event_name = 'evaluation_complete') as completed_at,
                min(occurred_at) filter (event_name = 'pipeline_failed') as failed_at
            from intermediate.int_events
            where run_id is not null
            group by 1, 2
        )
        select
            case
                when completed_at <= failed_at then 'complete'
                when failed_at is not null then 'failed'
                when completed_at is not null then 'complete'
                else 'open'
            end,
            runs.status,
            count(*)
        from outcomes
        left join marts.process_runs as runs using (source_name, run_id)
        group by 1, 2
        """,
        company_warehouse,
    )
    found = {(told, status): count for told, status, count in rows}
    assert set(found) <= {
        ("failed", "failed"),
        ("complete", "complete"),
        ("open", "timed_out"),
        ("open", "running"),
    }
    assert found["complete", "complete"] > found["failed", "failed"] > 0
    assert found["open", "timed_out"] > 0
