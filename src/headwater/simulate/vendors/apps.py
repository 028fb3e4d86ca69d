"""The three apps: web in Amplitude, phones in Mixpanel, desktop in PostHog."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.simulate import company
from headwater.simulate.ids import fixed_text, hex_text, join, mix
from headwater.simulate.kinds import Kind
from headwater.simulate.people import Array, is_android
from headwater.simulate.vendors.batch import (
    Batch,
    coded,
    emails,
    only,
    repeated,
    timestamps,
)

APP_URL = "https://app.lumenboards.example"
PIPELINE = tuple(Kind(kind) for kind in range(Kind.PIPELINE_START, Kind.PIPELINE_FAILED + 1))
DEALS = (
    Kind.TRIAL_STARTED,
    Kind.UPGRADE_CLICKED,
    Kind.SALES_CLICKED,
    Kind.PURCHASE,
    Kind.TRIAL_EXPIRED,
)

# Every combination of what all app events carry, as the beginning of a JSON object.
_STEMS = [
    json.dumps(
        {
            "surface": surface,
            "content_category": category,
            "user_intent": intent,
            "user_tenure": tenure,
            "page_url": f"{APP_URL}/{surface.lower()}",
        },
        separators=(",", ":"),
    )[:-1]
    for surface, category, intent, tenure in product(
        company.SURFACES, company.CATEGORIES, company.INTENTS, ("New", "Retained")
    )
]


def properties(batch: Batch, exposure: bool) -> pa.Array:
    """The events' own properties as JSON objects.

    Few combinations occur, so the column is a dictionary of those that do.

    Args:
        batch: rows of an app.
        exposure: whether the tool keeps experiment and variant here, as Amplitude does.
    """
    stem = (batch.surface * len(company.CATEGORIES) + batch.trait("category")) * len(
        company.INTENTS
    )
    stem = (stem + batch.trait("intent")) * 2 + batch.is_retained
    endings, ending = _endings(batch, exposure)
    code = stem * len(endings) + ending
    used, index = np.unique(code, return_inverse=True)
    texts = [_STEMS[int(c) // len(endings)] + endings[int(c) % len(endings)] for c in used]
    return coded(texts, index)


def _endings(batch: Batch, exposure: bool) -> tuple[list[str], Array]:
    """What only some kinds carry, as distinct texts and each row's index into them."""
    texts = ["}"] + [f',"feature_name":"{feature}"}}' for feature in company.FEATURES]
    ending = np.where(batch.kind == Kind.FEATURE, 1 + batch.detail, 0)
    if exposure:
        ending = np.where(batch.kind == Kind.EXPOSURE, len(texts) + batch.detail, ending)
        texts += _exposure_texts()
    for chosen, made in (
        (np.flatnonzero(batch.is_kind(*PIPELINE)), _run_texts),
        (np.flatnonzero(batch.is_kind(*DEALS)), _deal_texts),
        (np.flatnonzero(batch.is_kind(Kind.LOGIN) & ~batch.is_bot), _login_texts),
    ):
        ending[chosen] = len(texts) + np.arange(len(chosen))
        texts += made(batch, chosen)
    return texts, ending


def _exposure_texts() -> list[str]:
    """One text per variant of each experiment, eight places kept for each experiment."""
    texts = []
    for experiment in company.EXPERIMENTS:
        names = [*experiment.variants, *[""] * (8 - len(experiment.variants))]
        texts += [
            f',"flag_key":"{experiment.experiment_id}","variant":"{name}"}}' for name in names
        ]
    return texts


def _run_texts(batch: Batch, chosen: Array) -> list[str]:
    run = hex_text(
        mix(batch.session[chosen] * 4096 + batch.detail[chosen], salt=batch.world.day_micros)
    )
    return [f',"run_id":"{value}"}}' for value in run.to_pylist()]


def _deal_texts(batch: Batch, chosen: Array) -> list[str]:
    deals, texts = batch.world.plan.deals, []
    for row, address in zip(chosen, emails(batch.person[chosen]), strict=True):
        deal = batch.detail[row]
        plan = company.PLANS[deals.plan[deal]]
        told: dict[str, object] = {
            "trial_path": company.TRIAL_PATHS[deals.path[deal]].name
            if deals.path[deal] >= 0
            else None,
            "product_sku": plan.sku,
            "product_name": plan.name,
        }
        if batch.kind[row] == Kind.PURCHASE:
            cents = plan.yearly_cents if deals.is_yearly[deal] else plan.monthly_cents
            told |= {"amount": cents / 100, "currency": "EUR" if deals.is_euro[deal] else "USD"}
            told["conversion_day"] = int(deals.paid_day[deal] - deals.start_day[deal])
        if batch.kind[row] == Kind.TRIAL_STARTED:
            told["email"] = address
        told = {key: value for key, value in told.items() if value is not None}
        texts.append("," + json.dumps(told, separators=(",", ":"))[1:])
    return texts


def _login_texts(batch: Batch, chosen: Array) -> list[str]:
    return [f',"email":"{address}"}}' for address in emails(batch.person[chosen])]


def amplitude(batch: Batch) -> dict[str, pa.Array]:
    """Columns of amplitude.events."""
    size = len(batch.event)
    start = (batch.world.sessions.start[batch.session] * 1000).astype(np.int64)
    account = batch.account()
    return {
        "insert_id": batch.event_hex,
        "uuid": hex_text(mix(np.arange(size) + (batch.world.day << 32), salt=batch.world.salt + 2)),
        "event_id": pa.array(batch.world.events.position[batch.event]),
        "event_type": batch.source_name,
        "user_id": batch.user_id,
        "device_id": batch.device_hex,
        "session_id": pa.array(start + batch.world.day_micros // 1000),
        "platform": repeated("Web", size),
        "os_name": coded(["Chrome", "Safari", "Firefox", "Googlebot"], _browser(batch)),
        "device_family": coded(["Windows", "Mac", "Linux", "Spider"], _browser(batch)),
        "language": repeated("English", size),
        "country": coded([entry[0] for entry in company.COUNTRIES], batch.trait("country")),
        "library": repeated("amplitude-ts/2.11.1", size),
        "event_properties": properties(batch, exposure=True),
        "groups": only(
            join('{"account":"acct_', pa.array(account).cast(pa.string()), '"}'), account >= 0
        ),
        "client_event_time": timestamps(batch.occurred),
        "client_upload_time": timestamps(batch.received - 40_000),
        "event_time": batch.told_time(),
        "server_upload_time": timestamps(batch.received),
    }


def _browser(batch: Batch) -> Array:
    return np.where(batch.is_bot, 3, batch.world.sessions.device[batch.session] % 3).astype(
        np.int64
    )


def mixpanel(batch: Batch) -> dict[str, pa.Array]:
    """Columns of mixpanel.events; the identity is Mixpanel's simplified merge."""
    size, phone = len(batch.event), is_android(batch.person).astype(np.int64)
    exposure = batch.kind == Kind.EXPOSURE
    experiment = [e.experiment_id for e in company.EXPERIMENTS]
    variant = [
        name for e in company.EXPERIMENTS for name in [*e.variants, *[""] * (8 - len(e.variants))]
    ]
    return {
        "event": batch.source_name,
        "distinct_id": pc.coalesce(batch.user_id, join("$device:", batch.device_hex)),
        "insert_id": hex_text(batch.key),
        "device_id": batch.device_hex,
        "user_id": batch.user_id,
        "country_code": coded([entry[1] for entry in company.COUNTRIES], batch.trait("country")),
        "os": coded(["iOS", "Android"], phone),
        "manufacturer": coded(["Apple", "Samsung"], phone),
        "model": coded(["iPhone16,1", "SM-S921B"], phone),
        "app_version": repeated("5.2.0", size),
        "experiment_name": coded(experiment, batch.detail // 8, exposure),
        "variant_name": coded(variant, batch.detail, exposure),
        "lib": coded(["swift", "android"], phone),
        "properties": properties(batch, exposure=False),
        "time": batch.told_time(precision=1_000_000),
        "processing_time": timestamps(batch.received // 1000 * 1000),
        "api_timestamp": timestamps(batch.received // 1000 * 1000 - 60_000),
    }


def posthog(batch: Batch) -> dict[str, pa.Array]:
    """Columns of posthog.events."""
    size = len(batch.event)
    exposure = batch.kind == Kind.EXPOSURE
    experiment = [e.experiment_id for e in company.EXPERIMENTS]
    variant = [
        name for e in company.EXPERIMENTS for name in [*e.variants, *[""] * (8 - len(e.variants))]
    ]
    session = hex_text(mix(batch.session + (batch.world.day << 32), salt=17))
    account = batch.account()
    return {
        "uuid": batch.event_hex,
        "event": batch.source_name,
        "distinct_id": pc.coalesce(batch.user_id, batch.device_hex),
        "device_id": batch.device_hex,
        "user_id": batch.user_id,
        "session_id": session,
        "group_company": only(fixed_text("acct_", account), account >= 0),
        "current_url": coded(
            [f"{APP_URL}/{name.lower()}" for name in company.SURFACES], batch.surface
        ),
        "os": coded(
            ["Windows", "Mac OS X"],
            (batch.world.sessions.device[batch.session] % 2).astype(np.int64),
        ),
        "device_type": repeated("Desktop", size),
        "lib": repeated("posthog-electron", size),
        "geoip_country_code": coded(
            [entry[1] for entry in company.COUNTRIES], batch.trait("country")
        ),
        "feature_flag": coded(experiment, batch.detail // 8, exposure),
        "feature_flag_response": coded(variant, batch.detail, exposure),
        "properties": properties(batch, exposure=False),
        "timestamp": batch.told_time(precision=1000),
        "created_at": timestamps(batch.received),
        "inserted_at": timestamps(batch.received + 900_000),
    }
