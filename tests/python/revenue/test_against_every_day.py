"""Recurring revenue of random subscriptions, against a ledger kept day by day."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from tests.python.conftest import Dbt, query

START = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
HOUR, DAY = 3_600, 86_400
LAST_DAY = 240
MONTHS_A_YEAR, PER_YEAR = 12, {"year": 1, "month": 12, "week": 52, "day": 365}
SMALLEST = {"usd": 100, "jpy": 1, "kwd": 1000}
BILLED = {"active", "past_due"}
Key = tuple[str, str, str]


@dataclass
class Subscription:
    """A subscription while things happen to it; `versions` are the webhooks it sent."""

    number: int
    rng: random.Random
    at: int
    account: str = ""
    customer: str = ""
    currency: str = ""
    status: str = "active"
    pause: str | None = None
    discount: dict[str, Any] | None = None
    items: dict[str, tuple[int, int, str, int]] = field(default_factory=dict)
    created: int = 0
    period: int = 0
    trial_end: int | None = None
    ended: int | None = None
    item_count: int = 0
    versions: list[dict[str, Any]] = field(default_factory=list)
    states: list[tuple[int, str, Fraction]] = field(default_factory=list)

    def begin(self) -> None:
        """Start it, in a trial or not."""
        self.created = self.period = self.at
        self.account = self.rng.choice(["acct_1", "acct_2"])
        self.customer = f"cus_{self.rng.randrange(12)}"
        self.currency = self.rng.choice(list(SMALLEST))
        if self.rng.random() < 0.4:
            self.status, self.trial_end = "trialing", self.at + 14 * DAY
        for _ in range(self.rng.randint(1, 3)):
            self.add_item()
        self.show()

    def add_item(self) -> None:
        self.item_count += 1
        price = self.rng.randrange(0, 20) * 500
        interval = self.rng.choice(list(PER_YEAR))
        self.items[f"si_{self.number}_{self.item_count}"] = (
            price, self.rng.randint(1, 4), interval, self.at,
        )  # fmt: skip

    def happen(self) -> None:
        """Something happens; what it shows may arrive late where Stripe dates it."""
        self.at += self.rng.choice([2, 3, 5, 24, 200, 700]) * HOUR
        kind, late = self.rng.randrange(11), 0
        name = self.rng.choice(sorted(self.items))
        price, quantity, interval, made = self.items[name]
        if self.status == "trialing" and kind < 8:
            self.status, self.period = "active", self.at
        elif kind == 0:
            self.items[name] = (price + 700, quantity, interval, made)
            self.period, late = self.at, self.rng.randrange(30) * HOUR
        elif kind == 1:
            self.items[name] = (price, self.rng.randint(0, 5), interval, made)
        elif kind == 2:
            self.add_item()
        elif kind == 3 and len(self.items) > 1:
            del self.items[name]
        elif kind in (4, 5):
            behaviours = ["void", "mark_uncollectible", "keep_as_draft"]
            self.pause = None if self.pause else self.rng.choice(behaviours)
        elif kind in (6, 7):
            self.status = self.rng.choice(["active", "past_due", "unpaid"])
        elif kind == 8:
            self.customer = f"cus_{self.rng.randrange(12)}"
        elif kind == 9 and self.rng.random() < 0.7:
            self.status, self.ended, late = "canceled", self.at, self.rng.randrange(30) * HOUR
        else:
            self.discount = None if self.discount else self.coupon()
        self.show(late)

    def coupon(self) -> dict[str, Any]:
        """A discount that lasts until it is taken away, of a share or an amount of every bill."""
        percent = self.rng.choice([10, 12.5, 50, 100, None])
        terms = {"percent_off": percent, "amount_off": None if percent else 700}
        return {
            "id": f"di_{self.number}_{len(self.versions)}",
            "start": self.at,
            "coupon": {"duration": "forever", "currency": self.currency} | terms,
        }

    def mrr(self) -> Fraction:
        """Monthly recurring revenue as it is."""
        if self.status not in BILLED or self.pause in ("void", "mark_uncollectible"):
            return Fraction(0)
        units = sum(
            Fraction(price * quantity * PER_YEAR[interval], MONTHS_A_YEAR)
            for price, quantity, interval, _ in self.items.values()
        )
        return Fraction(units) * self.share_left() / SMALLEST[self.currency]

    def share_left(self) -> Fraction:
        """Of a bill, by its discount."""
        coupon = self.discount["coupon"] if self.discount else {"percent_off": 0}
        if coupon["percent_off"] is not None:
            return 1 - Fraction(coupon["percent_off"]) / 100
        bill = sum(price * quantity for price, quantity, _, _ in self.items.values())
        return max(1 - Fraction(700, bill), Fraction(0)) if bill else Fraction(0)

    def show(self, late: int = 0) -> None:
        """Note the state, and send it as a webhook."""
        self.states.append((self.at, self.customer, self.mrr()))
        self.at += late
        of_items = self.number % 2 == 0  # as since 2025-03-31
        items = [
            {
                "id": name,
                "object": "subscription_item",
                "created": made,
                "quantity": quantity,
                "subscription": f"sub_{self.number}",
                "price": {
                    "id": f"price_{price}_{interval}",
                    "object": "price",
                    "product": "prod_1",
                    "currency": self.currency,
                    "unit_amount": price,
                    "recurring": {"interval": interval, "interval_count": 1},
                },
            }
            | ({"current_period_start": self.period} if of_items else {})
            for name, (price, quantity, interval, made) in self.items.items()
        ]
        shown = {
            "id": f"sub_{self.number}",
            "object": "subscription",
            "customer": self.customer,
            "status": self.status,
            "currency": self.currency,
            "livemode": True,
            "created": self.created,
            "start_date": self.created,
            "trial_start": self.created if self.trial_end else None,
            "trial_end": self.trial_end,
            "ended_at": self.ended,
            "pause_collection": {"behavior": self.pause} if self.pause else None,
            "items": {"object": "list", "data": items},
            "discounts": [self.discount] if self.discount else [],
        } | ({} if of_items else {"current_period_start": self.period})
        self.versions.append(
            {
                "id": f"evt_{self.number}_{len(self.versions)}",
                "object": "event",
                "account": self.account,
                "created": self.at,
                "data": {"object": shown},
            }
        )


def drawn(seed: int) -> list[Subscription]:
    rng = random.Random(seed)
    subscriptions = []
    for number in range(120):
        one = Subscription(number, rng, START + rng.randrange(60 * DAY))
        one.begin()
        while one.status != "canceled" and one.at < START + (LAST_DAY - 60) * DAY:
            one.happen()
        subscriptions.append(one)
    return subscriptions


def day_of(at: int) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def changes_of(one: Subscription) -> dict[date, dict[str, Fraction]]:
    """What each customer's revenue from a subscription changed by, by day; nothing is left out."""
    changes: dict[date, dict[str, Fraction]] = {}
    held: dict[str, Fraction] = {}
    for day in sorted({day_of(at) for at, _, _ in one.states}):
        _, customer, amount = [state for state in one.states if day_of(state[0]) == day][-1]
        after = {customer: amount}
        changed = {
            name: after.get(name, Fraction(0)) - held.get(name, Fraction(0))
            for name in {*after, *held}
        }
        changes[day] = {name: value for name, value in changed.items() if value}
        held = after
    return changes


def ledger(
    subscriptions: list[Subscription],
) -> tuple[list[tuple[Any, ...]], dict[tuple[str, date], list[Fraction]]]:
    """Movements, and by currency and month opening, gross and net retained, and closing."""
    by_day: dict[date, list[tuple[Subscription, dict[str, Fraction]]]] = defaultdict(list)
    for one in subscriptions:
        for day, changed in changes_of(one).items():
            by_day[day].append((one, changed))
    balance: dict[Key, Fraction] = defaultdict(Fraction)
    seen: set[Key] = set()
    movements = []
    for day in sorted(by_day):
        opening = dict(balance)
        for one, changed in by_day[day]:
            for customer, value in changed.items():
                balance[one.account, customer, one.currency] += value
        for one, changed in by_day[day]:
            gained = sum(value for value in changed.values() if value > 0)
            lost = -sum(value for value in changed.values() if value < 0)
            handed = min(gained, lost)
            for customer, value in changed.items():
                key = (one.account, customer, one.currency)
                part = handed if value > 0 else -handed
                before, after = opening.get(key, Fraction(0)), balance[key]
                row = (f"sub_{one.number}", *key, day)
                if handed:
                    movements.append((*row, "transfer", part))
                if value != part:
                    kind = "expansion" if value > 0 else "contraction"
                    if not handed and not before:
                        kind = "reactivation" if key in seen else "new"
                    elif not handed and not after:
                        kind = "churn"
                    movements.append((*row, kind, value - part))
        seen |= {key for key, value in balance.items() if value}
        seen |= {(one.account, name, one.currency) for one, c in by_day[day] for name in c}
    return movements, _months(movements)


def _months(movements: list[tuple[Any, ...]]) -> dict[tuple[str, date], list[Fraction]]:
    opening: dict[Key, Fraction] = defaultdict(Fraction)
    months = {}
    for month in sorted({row[4].replace(day=1) for row in movements}):
        kept: dict[Key, Fraction] = defaultdict(Fraction)
        closing = defaultdict(Fraction, opening)
        for _, account, customer, currency, day, kind, value in movements:
            if day.replace(day=1) == month:
                closing[account, customer, currency] += value
                kept[account, customer, currency] += 0 if kind == "transfer" else value
        for currency in SMALLEST:
            there = [key for key, value in opening.items() if value and key[2] == currency]
            before = sum((opening[key] for key in there), Fraction(0))
            months[currency.upper(), month] = [
                before,
                before + sum(min(kept[key], Fraction(0)) for key in there),
                before + sum(kept[key] for key in there),
                sum((value for key, value in closing.items() if key[2] == currency), Fraction(0)),
            ]
        opening = closing
    return months


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]
) -> tuple[list[Subscription], Path]:
    folder = tmp_path_factory.mktemp("every_day")
    root = folder / "landing"
    initialise(root, tables_of(contract))
    subscriptions = drawn(seed=6)
    versions = [version for one in subscriptions for version in one.versions]
    random.Random(1).shuffle(versions)
    file = folder / "hooks.jsonl"
    file.write_text("".join(json.dumps(version) + "\n" for version in versions))
    rejects = contract["headwater"].tables["rejected_rows"]
    list(land_files(contract["stripe"], [file], root, rejects))
    dbt = Dbt(root, folder)
    only = ["--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"]
    dbt.run("build", "--select", "+mrr_by_month", *only)
    return subscriptions, dbt.warehouse


def test_movements_are_those_of_the_ledger(built: tuple[list[Subscription], Path]) -> None:
    subscriptions, warehouse = built
    told, _ = ledger(subscriptions)
    rows = query(
        """
        select
            subscription_id, account_id, customer_id, lower(currency), moved_date, movement_kind,
            mrr_change
        from intermediate.int_mrr_movements
        """,
        warehouse,
    )
    found = {tuple(row[:6]): row[6] for row in rows}
    expected = {tuple(row[:6]): row[6] for row in told}
    assert {row[5] for row in told} == {
        "new", "expansion", "contraction", "churn", "reactivation", "transfer",
    }  # fmt: skip
    assert len(told) > 300
    assert set(found) == set(expected)
    for key, value in found.items():
        assert abs(Fraction(value) - expected[key]) < Fraction(1, 10**6), key


def test_months_are_those_of_the_ledger(built: tuple[list[Subscription], Path]) -> None:
    subscriptions, warehouse = built
    _, told = ledger(subscriptions)
    rows: list[tuple[str, date, Decimal, Decimal, Decimal, Decimal]] = query(
        """
        select
            currency, month_start_date, opening_mrr, gross_retained_mrr, net_retained_mrr,
            closing_mrr
        from marts.mrr_by_month
        """,
        warehouse,
    )
    assert len(rows) > 15
    for currency, month, *amounts in rows:
        expected = told.get((currency, month))
        if expected is None:  # no movement at all in the last month of the data
            assert month > date(2025, 1, 1) + timedelta(days=LAST_DAY - 90)
            continue
        for amount, value in zip(amounts, expected, strict=True):
            assert abs(Fraction(amount) - value) < Fraction(1, 10**5), (currency, month)
