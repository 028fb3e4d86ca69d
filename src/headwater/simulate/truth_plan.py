"""The truth about what was planned: forms, trials, revenue, experiments, features, incidents."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from headwater.simulate import company
from headwater.simulate.billing import Ledger
from headwater.simulate.kinds import SCROLL_RENAMED
from headwater.simulate.people import NEVER, Array
from headwater.simulate.plan import Plan
from headwater.simulate.vendors.batch import user_ids

Row = dict[str, Any]


def planned_truth(
    plan: Plan, billing: Ledger, exposures: tuple[Array, Array, Array], start: date, days: int
) -> dict[str, pa.Table]:
    """Tables of truth that do not depend on any single row.

    Args:
        plan: what was bound to happen.
        billing: revenue as it came about.
        exposures: person, experiment * 8 + variant, and day of each first exposure.
        start: the first day.
        days: length of the horizon; what lies beyond it is left out.
    """
    return {
        "form_fills": _form_fills(plan, start),
        "subscriptions": _subscriptions(plan, start, days),
        "revenue_movements": _movements(billing, start),
        "mrr_by_month": _mrr_by_month(billing, start, days),
        "experiments": pa.Table.from_pylist(
            [_experiment(e, start, days) for e in company.EXPERIMENTS]
        ),
        "experiment_assignments": _assignments(exposures, start),
        "features": pa.Table.from_pylist(_features()),
        "incidents": pa.Table.from_pylist(_incidents(start, days)),
    }


def _dates(start: date, day: Array) -> pa.Array:
    """Days of the horizon as dates, null for NEVER."""
    known = day < NEVER
    dates = np.datetime64(start, "D") + np.where(known, day, 0)
    return pa.array(dates, mask=~known)


def _form_fills(plan: Plan, start: date) -> pa.Table:
    fills = plan.fills
    return pa.table(
        {
            "fill": pa.array(np.arange(len(fills.day))),
            "person": pa.array(fills.person),
            "form_type": pa.array([f.form_type for f in company.FORMS]).take(pa.array(fills.form)),
            "filled_date": _dates(start, fills.day),
        }
    )


def _subscriptions(plan: Plan, start: date, days: int) -> pa.Table:
    deals = plan.deals
    paths = pa.array([None, *(path.name for path in company.TRIAL_PATHS)])
    table = pa.table(
        {
            "subscription_id": pa.array(
                [f"sub_{number:08d}" for number in range(len(deals.person))]
            ),
            "person": pa.array(deals.person),
            "fill": pa.array(deals.fill, mask=deals.fill < 0),
            "trial_path": paths.take(pa.array(deals.path + 1)),
            "product_sku": pa.array([p.sku for p in company.PLANS]).take(pa.array(deals.plan)),
            "is_yearly": pa.array(deals.is_yearly),
            "currency": pa.array(["USD", "EUR"]).take(pa.array(deals.is_euro.astype(np.int64))),
            "used_causal_feature": pa.array(deals.used_causal_feature),
            "started_date": _dates(start, deals.start_day),
            "paid_date": _dates(start, deals.paid_day),
        }
    )
    return table.filter(pa.array(deals.start_day < days))


def _movements(billing: Ledger, start: date) -> pa.Table:
    schema = pa.schema(
        [
            ("subscription_id", pa.string()),
            ("kind", pa.string()),
            ("product_sku", pa.string()),
            ("currency", pa.string()),
            ("monthly_cents", pa.float64()),
            ("moved_date", pa.date32()),
        ]
    )
    rows = [
        {name: value for name, value in row.items() if name != "day"}
        | {"moved_date": start + timedelta(days=row["day"])}
        for row in billing.movements
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def _mrr_by_month(billing: Ledger, start: date, days: int) -> pa.Table:
    """Monthly recurring revenue at the end of each month, or of the horizon, by currency."""
    last = start + timedelta(days=days - 1)
    totals: dict[tuple[date, str], float] = {}
    month = start.replace(day=1)
    while month <= last:
        after = (month + timedelta(days=32)).replace(day=1)
        for row in billing.movements:
            if start + timedelta(days=row["day"]) < after:
                key = (month, row["currency"])
                totals[key] = totals.get(key, 0.0) + row["monthly_cents"]
        month = after
    schema = pa.schema(
        [("month", pa.date32()), ("currency", pa.string()), ("mrr_cents", pa.float64())]
    )
    rows = [{"month": m, "currency": c, "mrr_cents": value} for (m, c), value in totals.items()]
    return pa.Table.from_pylist(rows, schema=schema)


def _experiment(experiment: company.Experiment, start: date, days: int) -> Row:
    running = company.experiment_days(experiment, days)
    effects = [
        {"variant": variant, "user_intent": intent, "event": event, "factor": factor}
        for variant, by_event in experiment.effects.items()
        for (intent, event), factor in by_event.items()
    ]
    return {
        "experiment_id": experiment.experiment_id,
        "variants": json.dumps(experiment.variants),
        "effects": json.dumps(effects),
        "lost_share_of_second_variant": experiment.lost_share,
        "first_date": start + timedelta(days=running.start),
        "last_date": start + timedelta(days=running.stop - 1),
    }


def _assignments(exposures: tuple[Array, Array, Array], start: date) -> pa.Table:
    person, code, day = exposures
    ids = pa.array([e.experiment_id for e in company.EXPERIMENTS])
    variants = pa.array(
        [
            name
            for e in company.EXPERIMENTS
            for name in [*e.variants, *[None] * (8 - len(e.variants))]
        ],
        type=pa.string(),
    )
    return pa.table(
        {
            "experiment_id": ids.take(pa.array(code // 8)),
            "variant": variants.take(pa.array(code)),
            "person": pa.array(person),
            "user_id": user_ids(person),
            "first_exposed_date": _dates(start, day),
        }
    )


def _features() -> list[Row]:
    return [
        {
            "feature_name": name,
            "conversion_lift": company.CAUSAL_CONVERSION_LIFT
            if index == company.CAUSAL_FEATURE
            else 0.0,
        }
        for index, name in enumerate(company.FEATURES)
    ]


def _incidents(start: date, days: int) -> list[Row]:
    first = start + timedelta(days=round(company.OUTAGE_START_SHARE * days))
    return [
        {
            "kind": "tracking_outage",
            "source_name": "mixpanel",
            "platform": "android",
            "event_name": "save",
            "renamed_to": None,
            "first_date": first,
            "last_date": first + timedelta(days=company.OUTAGE_DAYS - 1),
        },
        {
            "kind": "renamed_event",
            "source_name": "ga4",
            "platform": "web",
            "event_name": "scroll",
            "renamed_to": SCROLL_RENAMED,
            "first_date": start + timedelta(days=days - company.RENAMED_DAYS),
            "last_date": start + timedelta(days=days - 1),
        },
    ]
