"""The marketing site in GA4's shape."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from headwater.simulate import company
from headwater.simulate.deliver import Flaw
from headwater.simulate.ids import hex_text, join, mix
from headwater.simulate.kinds import Kind
from headwater.simulate.people import Array
from headwater.simulate.vendors.batch import Batch, coded, only, repeated

SITE_URL = "https://www.lumenboards.example"
PAGES = ("", "features", "pricing", "templates", "blog/ten-moodboards", "customers", "signup")


def click_ids(session: Array, channel: Array, salt: int) -> tuple[pa.Array, pa.Array]:
    """Google and Meta click ids of sessions that came through a paid click, null for others.

    Args:
        session: a number of each row's session, shape (rows,).
        channel: index into company.CHANNELS, shape (rows,), -1 for none.
        salt: tells days apart.
    """
    paid = np.array([entry.medium == "cpc" for entry in company.CHANNELS])
    google = np.array([entry.source == "google" for entry in company.CHANNELS])
    token = hex_text(mix(session, salt=salt))
    is_paid = (channel >= 0) & paid[channel]
    return (
        only(join("Cj0K", token), is_paid & google[channel]),
        only(join("IwAR", token), is_paid & ~google[channel]),
    )


def ga4(batch: Batch) -> dict[str, pa.Array]:
    """Columns of ga4.events."""
    size = len(batch.event)
    sessions = batch.world.sessions
    channel = np.maximum(sessions.channel[batch.session], 0)
    gclid, _ = click_ids(batch.session, channel, batch.world.day_micros)
    is_first = sessions.number[batch.session] == 1
    pseudo = (sessions.device[batch.session] >> np.uint64(33)).astype(np.int64)
    purchase = batch.kind == Kind.PURCHASE
    deal = np.where(purchase, batch.detail, 0)
    return {
        "event_name": batch.source_name,
        "user_pseudo_id": only(
            join(pa.array(pseudo).cast(pa.string()), ".1700000000"),
            ~batch.has(Flaw.MISSING_IDENTITY),
        ),
        "user_id": batch.user_id,
        "stream_id": repeated("2100450278", size),
        "platform": repeated("WEB", size),
        "event_bundle_sequence_id": pa.array((batch.key >> np.uint64(34)).astype(np.int64)),
        **_device(batch, pseudo),
        "geo_country": coded([entry[0] for entry in company.COUNTRIES], batch.trait("country")),
        **_traffic_source(channel),
        "collected_traffic_source_gclid": gclid,
        "ecommerce_transaction_id": only(join("web-", pa.array(deal).cast(pa.string())), purchase),
        "ecommerce_purchase_revenue": only(
            pa.array(_deal_cents(batch, deal) / 100).cast(pa.decimal128(18, 6)), purchase
        ),
        "event_params": _params(batch, channel),
        "is_active_user": pa.array(~is_first),
        "event_date": pa.array((batch.occurred // 86_400_000_000).astype("datetime64[D]")),
        "event_timestamp": batch.told_time(),
    }


def _device(batch: Batch, pseudo: Array) -> dict[str, pa.Array]:
    is_mobile = (pseudo % 5 < 2).astype(np.int64)
    browser = np.where(batch.is_bot, 2, pseudo % 2)
    return {
        "device_category": coded(["desktop", "mobile"], is_mobile),
        "device_operating_system": coded(["Windows", "iOS"], is_mobile),
        "device_browser": coded(["Chrome", "Safari", "Googlebot"], browser),
        "device_language": repeated("en-us", len(pseudo)),
    }


def _traffic_source(channel: Array) -> dict[str, pa.Array]:
    """Where the visit came from; the campaign null without one."""
    entries, prefix = company.CHANNELS, "collected_traffic_source_manual"
    campaign = np.array([entry.campaign_id > 0 for entry in entries])[channel]
    ids = [str(entry.campaign_id) for entry in entries]
    return {
        f"{prefix}_campaign_id": coded(ids, channel, campaign),
        f"{prefix}_campaign_name": coded([e.campaign for e in entries], channel, campaign),
        f"{prefix}_source": coded([e.source for e in entries], channel),
        f"{prefix}_medium": coded([e.medium for e in entries], channel),
    }


def _deal_cents(batch: Batch, deal: Array) -> Array:
    deals = batch.world.plan.deals
    if not len(deals.plan):
        return np.zeros(len(deal), dtype=np.int64)
    monthly = np.array([plan.monthly_cents for plan in company.PLANS])[deals.plan[deal]]
    return np.where(deals.is_yearly[deal], monthly * 10, monthly)


def _params(batch: Batch, channel: Array) -> pa.Array:
    """event_params as the landed flat JSON object: session, page, and what the event carries."""
    world = batch.world
    start = (world.sessions.start[batch.session] + world.day_micros // 1_000_000).astype(np.int64)
    head = join(
        '{"ga_session_id":',
        pa.array(start).cast(pa.string()),
        ',"ga_session_number":',
        pa.array(world.sessions.number[batch.session].astype(np.int64)).cast(pa.string()),
    )
    pages = [
        f',"page_location":"{SITE_URL}/{page}{_query(entry)}","session_engaged":"1"'
        for page in PAGES
        for entry in company.CHANNELS
    ]
    page = (batch.of_event(4) * len(PAGES)).astype(np.int64)
    tail, index = _tails(batch)
    return join(
        head,
        coded(pages, page * len(company.CHANNELS) + channel).cast(pa.string()),
        coded(tail, index).cast(pa.string()),
    )


def _query(channel: company.Channel) -> str:
    if not channel.campaign_id:
        return ""
    return (
        f"?utm_source={channel.source}&utm_medium={channel.medium}&utm_campaign={channel.campaign}"
    )


def _tails(batch: Batch) -> tuple[list[str], Array]:
    forms = [f',"form_type":"{form.form_type}"}}' for form in company.FORMS]
    texts = ["}", ',"engagement_time_msec":4200}', *forms]
    index = np.where(batch.is_kind(Kind.SCROLL, Kind.CLICK), 1, 0)
    index = np.where(batch.kind == Kind.FORM, 2 + batch.detail, index)
    for row in np.flatnonzero(batch.kind == Kind.PURCHASE):
        deals, deal = batch.world.plan.deals, batch.detail[row]
        plan = company.PLANS[deals.plan[deal]]
        currency = "EUR" if deals.is_euro[deal] else "USD"
        index[row] = len(texts)
        texts.append(
            f',"currency":"{currency}","product_sku":"{plan.sku}","product_name":"{plan.name}"}}'
        )
    return texts, index
