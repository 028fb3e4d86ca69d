"""What the ad platforms report: impressions, clicks and cost behind the visits from ads."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from headwater.simulate import company
from headwater.simulate.billing import Ledger
from headwater.simulate.people import Array

GOOGLE_CUSTOMER, META_ACCOUNT = 4_401_234_567, "act_20250101"
CLICK_REACHES_SITE = 0.85  # the rest leave before the page has loaded
CLICK_RATE = {"google": 0.045, "facebook": 0.012}
CLICK_COST = {"google": 1.30, "facebook": 0.70}  # in the account's currency
DEVICES, DEVICE_SHARES = ("DESKTOP", "MOBILE"), (0.45, 0.55)


@dataclass(frozen=True)
class _AdDay:
    """What one day brought to a campaign; `date` in days since 1970, `cost` in its currency."""

    day: int
    date: int
    clicks: int
    unseen: int
    cost: float


def advertise(visits: Array, epoch_day: int, rng: np.random.Generator) -> Ledger:
    """Report what the visits cost.

    Args:
        visits: sessions of people by day and channel, shape (days, len(company.CHANNELS)).
        epoch_day: days from 1970-01-01 to the first day.
        rng: source of randomness.
    """
    ledger = Ledger()
    for index, channel in enumerate(company.CHANNELS):
        if channel.medium != "cpc":
            continue
        _campaign(ledger, channel, epoch_day)
        lost = rng.poisson(visits[:, index] * (1 / CLICK_REACHES_SITE - 1))
        clicks = visits[:, index] + lost
        unseen = rng.poisson(clicks * (1 / CLICK_RATE[channel.source] - 1))
        cost = clicks * CLICK_COST[channel.source] * rng.uniform(0.85, 1.15, len(clicks))
        for day in range(len(visits)):
            report = _google_day if channel.source == "google" else _meta_day
            brought = _AdDay(day, epoch_day + day, int(clicks[day]), int(unseen[day]), cost[day])
            report(ledger, channel, brought)
    return ledger


def _campaign(ledger: Ledger, channel: company.Channel, epoch_day: int) -> None:
    if channel.source == "google":
        ledger.add(
            "google_ads.campaigns",
            0,
            id=channel.campaign_id,
            customer_id=GOOGLE_CUSTOMER,
            name=channel.campaign,
            status="ENABLED",
            start_date=epoch_day,
            final_url_suffix=f"utm_source=google&utm_medium=cpc&utm_campaign={channel.campaign}",
        )
    else:
        ledger.add(
            "meta_ads.campaigns",
            0,
            id=str(channel.campaign_id),
            account_id=META_ACCOUNT,
            name=channel.campaign,
            status="ACTIVE",
            objective="OUTCOME_TRAFFIC",
        )


def _google_day(ledger: Ledger, channel: company.Channel, brought: _AdDay) -> None:
    """One row per device, as the API segments it."""
    mobile = round(brought.clicks * DEVICE_SHARES[1])
    counts = (brought.clicks - mobile, mobile)
    for device, share, count in zip(DEVICES, DEVICE_SHARES, counts, strict=True):
        ledger.add(
            "google_ads.campaign_stats",
            brought.day,
            date=brought.date,
            customer_id=GOOGLE_CUSTOMER,
            currency=company.GOOGLE_CURRENCY,
            time_zone="America/New_York",
            campaign_id=channel.campaign_id,
            campaign_name=channel.campaign,
            campaign_status="ENABLED",
            advertising_channel_type="SEARCH",
            device=device,
            ad_network_type="SEARCH",
            cost_micros=round(brought.cost * share * 1_000_000),
            impressions=count + round(brought.unseen * share),
            clicks=count,
            conversions=round(count * 0.021, 2),
            conversions_value=round(count * 0.021 * 59, 2),
            view_through_conversions=0,
        )


def _meta_day(ledger: Ledger, channel: company.Channel, brought: _AdDay) -> None:
    purchases = brought.clicks // 60
    shown = brought.clicks + brought.unseen
    ledger.add(
        "meta_ads.ad_insights",
        brought.day,
        date_start=brought.date,
        date_stop=brought.date,
        account_id=META_ACCOUNT,
        account_name="Lumen Boards EU",
        account_currency=company.META_CURRENCY,
        campaign_id=str(channel.campaign_id),
        campaign_name=channel.campaign,
        adset_id=f"{channel.campaign_id}10",
        adset_name="Broad",
        ad_id=f"{channel.campaign_id}100",
        ad_name="Carousel",
        spend=round(brought.cost, 2),
        impressions=shown,
        clicks=brought.clicks,
        inline_link_clicks=brought.clicks,
        reach=round(shown / 1.4),
        objective="OUTCOME_TRAFFIC",
        actions=json.dumps([{"action_type": "purchase", "value": str(purchases)}]),
        action_values=json.dumps([{"action_type": "purchase", "value": f"{purchases * 24:.2f}"}]),
    )
