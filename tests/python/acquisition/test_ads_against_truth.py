"""What ads cost is what was exported, to the millionth, and visits meet their true campaigns."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from headwater.simulate import company as figures
from tests.python.conftest import query


def test_spend_by_account_and_day_is_the_exports(company: Path, company_warehouse: Path) -> None:
    told = query(
        f"""
        select 'google_ads', cast(customer_id as varchar), currency, date, sum(cost_micros)
        from '{company}/google_ads/campaign_stats/*.parquet'
        group by all
        union all
        select
            'meta_ads', account_id, account_currency, date_start,
            sum(cast(spend * 1000000 as bigint))
        from '{company}/meta_ads/ad_insights/*.parquet'
        group by all
        order by all
        """
    )
    found = query(
        """
        select
            platform, account_id, currency, spend_date, sum(cast(spend * 1000000 as bigint))
        from marts.ad_spend_by_day
        group by all
        order by all
        """,
        company_warehouse,
    )
    assert found == told
    assert len(found) == 70


def test_each_account_keeps_its_currency_and_only_rates_add_them(company_warehouse: Path) -> None:
    rows = query(
        """
        select
            platform, currency, account_timezone, sum(spend), sum(reporting_spend),
            min(rate), bool_and(has_rate)
        from marts.ad_spend_by_day
        group by 1, 2, 3
        order by 1
        """,
        company_warehouse,
    )
    google, meta = rows
    assert google[:3] == ("google_ads", figures.GOOGLE_CURRENCY, "America/New_York")
    assert google[3] == google[4]
    assert meta[:3] == ("meta_ads", figures.META_CURRENCY, None)
    assert meta[4] == meta[3] * Decimal("1.04")
    assert google[6] and meta[6]


def test_campaigns_are_the_companys(company_warehouse: Path) -> None:
    kinds = {"acq": "ACQUISITION", "nurture": "NURTURE", "reeng": "REENGAGEMENT"}
    platforms = {"google": "google_ads", "facebook": "meta_ads", "newsletter": "email"}
    told = {
        (
            platforms[channel.source],
            str(channel.campaign_id),
            channel.campaign,
            kinds[channel.campaign.split("-")[0]],
            channel.targeting,
        )
        for channel in figures.CHANNELS
        if channel.campaign_id
    }
    found = query(
        "select platform, campaign_id, utm_campaign, campaign_type, targeting from marts.campaigns",
        company_warehouse,
    )
    assert set(found) == told
    assert len(found) == len(told)


def test_visits_meet_the_campaign_that_truly_brought_them(
    company: Path, company_warehouse: Path
) -> None:
    """Of sessions that began and ended as they truly did."""
    rows = query(
        f"""
        select told.campaign_id, campaigns.campaign_id, count(*)
        from '{company}/truth/sessions.parquet' as told
        inner join marts.sessions as found
            on
                told.source_name = found.source_name
                and told.device_id = found.device_id
                and told.started_at = found.started_at
                and told.ended_at = found.ended_at
        left join intermediate.int_session_campaigns as campaigns
            on found.session_id = replace(cast(campaigns.session_id as varchar), '-', '')
        where told.is_intact and told.source_name = 'ga4'
        group by 1, 2
        """,
        company_warehouse,
    )
    assert sum(count for _, _, count in rows) > 100
    assert len([told for told, _, _ in rows if told]) == 8
    for told, found, _ in rows:
        assert found == (None if told is None else str(told))


def test_channels_hold_all_spend_visits_trials_and_customers(
    company: Path, company_warehouse: Path
) -> None:
    ((spend, sessions, trials, customers, reported),) = query(
        """
        select
            sum(spend), sum(session_count), sum(trial_count), sum(new_customer_count),
            (select sum(reporting_spend) from marts.ad_spend_by_day)
        from marts.channel_performance_by_day
        """,
        company_warehouse,
    )
    assert spend == reported > 0
    assert query("select count(*) from marts.sessions where not is_bot", company_warehouse) == [
        (sessions,)
    ]
    told = query(
        f"""
        select
            count(trial_path),
            count(distinct case when paid_date <= last_date then person end)
        from '{company}/truth/subscriptions.parquet'
        cross join (
            select max(activity_date) as last_date from '{company}/truth/sessions.parquet'
        )
        """
    )
    assert [(trials, customers)] == told
    paid = query(
        """
        select distinct channel_group from marts.channel_performance_by_day where spend > 0
        order by 1
        """,
        company_warehouse,
    )
    assert paid == [("Paid Search",), ("Paid Shopping",), ("Paid Social",)]
