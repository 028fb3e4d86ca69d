"""What Stripe knows: customers, the catalogue, subscriptions over time, invoices, charges, refunds.

Every paid subscription is walked from one billing period to the next; what happened on the way is
also the truth about revenue.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headwater.simulate import company
from headwater.simulate.ids import mix, uniform
from headwater.simulate.people import NEVER
from headwater.simulate.plan import Deals

SECONDS_PER_DAY = 86_400
PERIOD_DAYS = {False: 30, True: 365}
UPGRADE_CHANCE, DOWNGRADE_CHANCE, CANCEL_CHANCE = 0.03, 0.015, 0.03  # per monthly period
YEARLY_CANCEL_CHANCE = 0.20  # per year
PAYMENT_FAILS_CHANCE, RETRY_WORKS_CHANCE, RETRY_DAYS = 0.04, 0.7, 3
REFUND_CHANCE, REFUND_DAYS = 0.015, 5

Row = dict[str, Any]


@dataclass
class Ledger:
    """Rows of every Stripe table, as (day, columns); and the true movements of recurring revenue.

    A subscription has one row per version: when it starts, is paid, changes plan or ends.
    """

    rows: dict[str, list[tuple[int, Row]]] = field(default_factory=dict)
    movements: list[Row] = field(default_factory=list)

    def add(self, table: str, day: int, **columns: object) -> None:
        """Note a row that the tool shows from `day` on."""
        self.rows.setdefault(table, []).append((day, columns))


@dataclass
class _Subscription:
    """State of one subscription while it is walked."""

    number: int
    customer: str
    person: int
    plan: int
    is_yearly: bool
    currency: str
    created: int
    trial_end: int | None
    status: str = "trialing"
    period_start: int = 0
    period_end: int = 0
    ended: int | None = None

    @property
    def id(self) -> str:
        return f"sub_{self.number:08d}"

    @property
    def cents(self) -> int:
        entry = company.PLANS[self.plan]
        return entry.yearly_cents if self.is_yearly else entry.monthly_cents

    @property
    def monthly_cents(self) -> float:
        return self.cents / 12 if self.is_yearly else self.cents


def bill(deals: Deals, days: int, seed: int, epoch_day: int) -> Ledger:
    """Walk every subscription through the horizon.

    Args:
        deals: what was sold or tried.
        days: length of the horizon; nothing later is shown.
        seed: of the simulation.
        epoch_day: days from 1970-01-01 to the first day.
    """
    ledger = Ledger()
    _catalogue(ledger, epoch_day)
    for number in range(len(deals.person)):
        if deals.start_day[number] < days:
            _Walk(ledger, deals, number, days=days, seed=seed, epoch_day=epoch_day).run()
    for rows in ledger.rows.values():
        for _, columns in rows:
            columns["livemode"] = True
    return ledger


def price_id(plan: int, is_yearly: bool, currency: str) -> str:
    """Stripe's id of a price, after the brief's pattern plan_<sku>_<interval>ly."""
    interval = "year" if is_yearly else "month"
    suffix = "" if currency == "usd" else f"_{currency}"
    return f"plan_{company.PLANS[plan].sku.lower()}_{interval}ly{suffix}"


def _catalogue(ledger: Ledger, epoch_day: int) -> None:
    created = (epoch_day - 400) * SECONDS_PER_DAY
    for index, plan in enumerate(company.PLANS):
        product = f"prod_{plan.sku.lower()}"
        ledger.add(
            "products",
            0,
            id=product,
            name=f"Lumen Boards {plan.name}",
            active=True,
            metadata=f'{{"sku":"{plan.sku}"}}',
            created=created,
        )
        for is_yearly in (False, True):
            for currency in ("usd", "eur"):
                ledger.add(
                    "prices",
                    0,
                    id=price_id(index, is_yearly, currency),
                    product=product,
                    active=True,
                    currency=currency,
                    unit_amount=plan.yearly_cents if is_yearly else plan.monthly_cents,
                    type="recurring",
                    recurring_interval="year" if is_yearly else "month",
                    recurring_interval_count=1,
                    created=created,
                )


class _Walk:
    """One subscription from its first day to its end or the horizon's."""

    def __init__(
        self, ledger: Ledger, deals: Deals, number: int, *, days: int, seed: int, epoch_day: int
    ) -> None:
        self.ledger, self.days, self.epoch_day, self.seed = ledger, days, epoch_day, seed
        self.paid_day = int(deals.paid_day[number])
        start, person = int(deals.start_day[number]), int(deals.person[number])
        on_trial = deals.path[number] >= 0
        self.step = 0
        self.subscription = _Subscription(
            number=number,
            customer=f"cus_{number:08d}",
            person=person,
            plan=int(deals.plan[number]),
            is_yearly=bool(deals.is_yearly[number]),
            currency="eur" if deals.is_euro[number] else "usd",
            created=start,
            trial_end=start + company.TRIAL_DAYS if on_trial else None,
        )

    def chance(self, salt: int) -> float:
        """A number in [0, 1), another at each step."""
        key = np.array([self.subscription.number * 1_000 + self.step], dtype=np.int64)
        return float(uniform(key, salt=self.seed * 100 + salt)[0])

    def seconds(self, day: int) -> int:
        """A moment of a day in epoch seconds: each subscription has its own."""
        offset = int(
            mix(np.array([self.subscription.number]), salt=31)[0] % np.uint64(SECONDS_PER_DAY)
        )
        return (self.epoch_day + day) * SECONDS_PER_DAY + offset

    def run(self) -> None:
        """Walk it."""
        sub = self.subscription
        self.ledger.add(
            "customers",
            sub.created,
            id=sub.customer,
            email=f"person{sub.person + 100_000}@mail.example",
            name=f"Person {sub.person + 100_000}",
            currency=sub.currency,
            created=self.seconds(sub.created),
            metadata=f'{{"user_id":"u{sub.person + 100_000}"}}',
        )
        if sub.trial_end is not None:
            sub.period_start, sub.period_end = sub.created, sub.trial_end
            self.show(sub.created)
            end = sub.trial_end
            if self.paid_day == NEVER and end < self.days:
                sub.status, sub.ended = "canceled", end
                self.show(end)
        if self.paid_day < self.days:
            self.pay_on()

    def pay_on(self) -> None:
        """Bill period after period until something ends it."""
        sub, day = self.subscription, self.paid_day
        sub.status = "active"
        self.move(day, "new", sub.monthly_cents)
        while day < self.days:
            self.step += 1
            sub.period_start, sub.period_end = day, day + PERIOD_DAYS[sub.is_yearly]
            if not self.collect(day):
                return
            day = sub.period_end
            if day >= self.days or self.leaves(day):
                return
            self.change_plan(day)

    def leaves(self, day: int) -> bool:
        """Whether it is cancelled at the end of a period."""
        sub = self.subscription
        if self.chance(1) >= (YEARLY_CANCEL_CHANCE if sub.is_yearly else CANCEL_CHANCE):
            return False
        self.end(day)
        return True

    def end(self, day: int) -> None:
        """Cancel."""
        sub = self.subscription
        sub.status, sub.ended = "canceled", day
        self.show(day)
        self.move(day, "churn", -sub.monthly_cents)

    def change_plan(self, day: int) -> None:
        """Some move a tier up or down when a period ends."""
        sub, drawn, before = self.subscription, self.chance(2), self.subscription.monthly_cents
        if drawn < UPGRADE_CHANCE and sub.plan < len(company.PLANS) - 1:
            sub.plan += 1
        elif drawn > 1 - DOWNGRADE_CHANCE and sub.plan > 0:
            sub.plan -= 1
        if sub.monthly_cents != before:
            kind = "expansion" if sub.monthly_cents > before else "contraction"
            self.move(day, kind, sub.monthly_cents - before)

    def collect(self, day: int) -> bool:
        """Invoice a period; whether it goes on. A failed card is tried once more, then it ends."""
        if self.chance(3) >= PAYMENT_FAILS_CHANCE or self.step == 1:
            self.invoice(day, day)
            self.show(day)
            return True
        self.charge(day, succeeded=False, attempt=1)
        self.subscription.status = "past_due"
        self.show(day)
        retry = day + RETRY_DAYS
        if retry >= self.days:
            self.invoice(day, None)
            return False
        if self.chance(4) < RETRY_WORKS_CHANCE:
            self.invoice(day, retry, attempt=2)
            self.subscription.status = "active"
            self.show(retry)
            return True
        self.charge(retry, succeeded=False, attempt=2)
        self.invoice(day, None, attempt=2)
        self.end(retry)
        return False

    def invoice(self, day: int, paid_day: int | None, attempt: int = 1) -> None:
        """An invoice, paid on a day, or never; with its line, and the charge that paid it."""
        sub = self.subscription
        name = f"in_{sub.number:08d}_{self.step:03d}"
        is_paid = paid_day is not None and paid_day < self.days
        self.ledger.add(
            "invoices",
            min(paid_day if is_paid and paid_day is not None else day + RETRY_DAYS, self.days - 1),
            id=name,
            customer=sub.customer,
            subscription=sub.id,
            status="paid" if is_paid else "open",
            billing_reason="subscription_create" if self.step == 1 else "subscription_cycle",
            currency=sub.currency,
            subtotal=sub.cents,
            total=sub.cents,
            amount_due=sub.cents,
            amount_paid=sub.cents if is_paid else 0,
            amount_remaining=0 if is_paid else sub.cents,
            attempt_count=attempt,
            created=self.seconds(day),
            period_start=self.seconds(sub.period_start),
            period_end=self.seconds(sub.period_end),
            paid_at=self.seconds(paid_day) if is_paid and paid_day is not None else None,
        )
        self._invoice_line(day, name)
        if is_paid and paid_day is not None:
            self.charge(paid_day, succeeded=True, attempt=attempt)

    def _invoice_line(self, day: int, invoice: str) -> None:
        """The one line of an invoice."""
        sub = self.subscription
        self.ledger.add(
            "invoice_lines",
            day,
            id=f"il_{sub.number:08d}_{self.step:03d}",
            invoice=invoice,
            subscription=sub.id,
            subscription_item=f"si_{sub.number:08d}",
            price=price_id(sub.plan, sub.is_yearly, sub.currency),
            product=f"prod_{company.PLANS[sub.plan].sku.lower()}",
            amount=sub.cents,
            currency=sub.currency,
            quantity=1,
            proration=False,
            period_start=self.seconds(sub.period_start),
            period_end=self.seconds(sub.period_end),
        )

    def charge(self, day: int, succeeded: bool, attempt: int) -> None:
        """A charge, and at times its refund some days later."""
        sub = self.subscription
        name = f"ch_{sub.number:08d}_{self.step:03d}_{attempt}"
        refund_day = day + REFUND_DAYS
        refunded = succeeded and self.chance(5) < REFUND_CHANCE and refund_day < self.days
        self.ledger.add(
            "charges",
            refund_day if refunded else day,
            id=name,
            customer=sub.customer,
            amount=sub.cents,
            amount_captured=sub.cents if succeeded else 0,
            amount_refunded=sub.cents if refunded else 0,
            currency=sub.currency,
            status="succeeded" if succeeded else "failed",
            paid=succeeded,
            captured=succeeded,
            refunded=refunded,
            failure_code=None if succeeded else "card_declined",
            created=self.seconds(day),
        )
        if refunded:
            self.ledger.add(
                "refunds",
                refund_day,
                id=f"re_{sub.number:08d}_{self.step:03d}",
                charge=name,
                amount=sub.cents,
                currency=sub.currency,
                status="succeeded",
                reason="requested_by_customer",
                created=self.seconds(refund_day),
            )

    def show(self, day: int) -> None:
        """The subscription and its item as they are from a day on."""
        sub = self.subscription
        self.ledger.add(
            "subscriptions",
            day,
            id=sub.id,
            customer=sub.customer,
            status=sub.status,
            currency=sub.currency,
            collection_method="charge_automatically",
            created=self.seconds(sub.created),
            start_date=self.seconds(sub.created),
            trial_start=None if sub.trial_end is None else self.seconds(sub.created),
            trial_end=None if sub.trial_end is None else self.seconds(sub.trial_end),
            current_period_start=self.seconds(sub.period_start),
            current_period_end=self.seconds(sub.period_end),
            canceled_at=None if sub.ended is None else self.seconds(sub.ended),
            ended_at=None if sub.ended is None else self.seconds(sub.ended),
        )
        self.ledger.add(
            "subscription_items",
            day,
            id=f"si_{sub.number:08d}",
            subscription=sub.id,
            price=price_id(sub.plan, sub.is_yearly, sub.currency),
            quantity=1,
            created=self.seconds(sub.created),
            current_period_start=self.seconds(sub.period_start),
            current_period_end=self.seconds(sub.period_end),
        )

    def move(self, day: int, kind: str, monthly_cents: float) -> None:
        """Note a true movement of monthly recurring revenue."""
        sub = self.subscription
        self.ledger.movements.append(
            {
                "subscription_id": sub.id,
                "day": day,
                "kind": kind,
                "product_sku": company.PLANS[sub.plan].sku,
                "currency": sub.currency.upper(),
                "monthly_cents": monthly_cents,
            }
        )
