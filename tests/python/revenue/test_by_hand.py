"""What is hard about billing, landed as Stripe sends it, with every figure worked by hand.

Two accounts that use the same customer id, and three currencies, yen without decimals among them.
In dollars: an upgrade and a downgrade on one day, and a refund a year later. In yen: an invoice
that is unpaid and then recovered. In euros: a year in advance, moved to another customer. In
pounds: a discount for some weeks, and another that is used once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from tests.python.conftest import Dbt, query

MARTS = ("mrr_by_month", "mrr_movements", "billing_by_month", "invoices", "lifetime_values")
SPRING, MARCH = date(2025, 2, 10), date(2025, 3, 5)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def sent(account: str, when: str, **shown: Any) -> dict[str, Any]:
    """A webhook."""
    return {
        "id": f"evt_{shown['id']}_{at(when)}",
        "object": "event",
        "account": account,
        "created": at(when),
        "data": {"object": shown | {"livemode": True}},
    }


@dataclass(frozen=True)
class Payer:
    """A customer of an account, billed in one currency."""

    account: str
    customer: str
    currency: str

    def subscription(
        self, when: str, name: str, price: tuple[int, str], began: str, period: str, **more: Any
    ) -> dict[str, Any]:
        amount, interval = price
        item = {
            "id": f"si_{name}",
            "object": "subscription_item",
            "created": at(began),
            "quantity": 1,
            "subscription": f"sub_{name}",
            "price": {
                "id": f"price_{amount}",
                "object": "price",
                "product": "prod_boards",
                "currency": self.currency,
                "unit_amount": amount,
                "recurring": {"interval": interval, "interval_count": 1},
            },
        }
        shown = {
            "id": f"sub_{name}",
            "object": "subscription",
            "customer": self.customer,
            "status": "active",
            "currency": self.currency,
            "created": at(began),
            "start_date": at(began),
            "current_period_start": at(period),
            "items": {"object": "list", "data": [item]},
        }
        return sent(self.account, when, **(shown | more))

    def invoice(
        self, name: str, amount: int, issued: str, paid: str | None, attempts: int = 1
    ) -> dict[str, Any]:
        line = {
            "id": f"il_{name}",
            "object": "line_item",
            "invoice": f"in_{name}",
            "amount": amount,
            "currency": self.currency,
            "quantity": 1,
        }
        return sent(
            self.account,
            paid or issued,
            id=f"in_{name}",
            object="invoice",
            customer=self.customer,
            status="paid" if paid else "open",
            currency=self.currency,
            subtotal=amount,
            total=amount,
            amount_due=amount,
            amount_paid=amount if paid else 0,
            amount_remaining=0 if paid else amount,
            attempt_count=attempts,
            created=at(issued),
            status_transitions={"finalized_at": at(issued), "paid_at": at(paid) if paid else None},
            lines={"object": "list", "data": [line]},
        )

    def charge(self, name: str, amount: int, when: str, works: bool = True) -> dict[str, Any]:
        """Of the invoice with which its name begins."""
        return sent(
            self.account,
            when,
            id=f"ch_{name}",
            object="charge",
            customer=self.customer,
            invoice=f"in_{name[:2]}",
            currency=self.currency,
            amount=amount,
            amount_captured=amount if works else 0,
            captured=works,
            paid=works,
            created=at(when),
            status="succeeded" if works else "failed",
        )


def in_dollars() -> list[dict[str, Any]]:
    payer = Payer("acct_1", "cus_same", "usd")
    start, renewed, later = "2025-01-10T08:00", "2025-02-10T08:00", "2026-01-20T08:00"
    prices = ((2900, "month"), (5900, "month"), (3900, "month"))
    times = (start, "2025-02-10T09:00", "2025-02-10T15:00")
    return [
        *(
            payer.subscription(when, "a", price, start, start if when == start else renewed)
            for when, price in zip(times, prices, strict=True)
        ),
        payer.invoice("a1", 2900, start, start),
        payer.charge("a1", 2900, start),
        sent(
            "acct_1",
            later,
            id="re_a1",
            object="refund",
            charge="ch_a1",
            amount=1000,
            currency="usd",
            status="succeeded",
            created=at(later),
        ),
    ]


def in_yen() -> list[dict[str, Any]]:
    payer, price = Payer("acct_2", "cus_same", "jpy"), (500, "month")
    start, renewed, recovered = "2025-01-15T08:00", "2025-02-15T08:00", "2025-03-03T08:00"
    failed = "2025-02-15T09:00"
    return [
        payer.subscription(start, "b", price, start, start),
        payer.invoice("b1", 500, start, start),
        payer.charge("b1", 500, start),
        payer.subscription(failed, "b", price, start, renewed, status="past_due"),
        payer.invoice("b2", 500, renewed, None),
        payer.charge("b2", 500, failed, works=False),
        payer.charge("b2_again", 500, recovered),
        payer.invoice("b2", 500, renewed, recovered, attempts=2),
        payer.subscription(recovered, "b", price, start, renewed),
    ]


def in_euros() -> list[dict[str, Any]]:
    giver, taker = (Payer("acct_1", f"cus_{name}", "eur") for name in ("giver", "taker"))
    start, price = "2025-01-20T08:00", (59000, "year")
    return [
        giver.subscription(start, "c", price, start, start),
        giver.invoice("c1", 59000, start, start),
        giver.charge("c1", 59000, start),
        taker.subscription("2025-03-05T08:00", "c", price, start, start),
    ]


def in_pounds() -> list[dict[str, Any]]:
    """Nothing is sent when the discount ends, and the later webhook shows it no longer."""
    payer, price = Payer("acct_1", "cus_less", "gbp"), (4000, "month")
    start, end, renewed = "2025-01-05T08:00", "2025-02-20T08:00", "2025-03-05T08:00"
    discounts = [
        {
            "id": f"di_{duration}",
            "object": "discount",
            "start": at(start),
            "end": at(end) if duration == "repeating" else None,
            "coupon": {"id": duration, "duration": duration, "percent_off": percent},
        }
        for duration, percent in (("repeating", 25.0), ("once", 50.0))
    ]
    return [
        payer.subscription(start, "d", price, start, start, discounts=discounts),
        payer.subscription(renewed, "d", price, start, renewed, discounts=[]),
    ]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Path:
    folder = tmp_path_factory.mktemp("by_hand")
    root = folder / "landing"
    initialise(root, tables_of(contract))
    file = folder / "hooks.jsonl"
    sent_in = [*in_dollars(), *in_yen(), *in_euros(), *in_pounds()]
    file.write_text("".join(json.dumps(record) + "\n" for record in sent_in))
    rejects = contract["headwater"].tables["rejected_rows"]
    list(land_files(contract["stripe"], [file], root, rejects))
    dbt = Dbt(root, folder)
    wanted = [f"+{mart}" for mart in (*MARTS, "channel_performance_by_day")]
    only = ["--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"]
    dbt.run("build", "--select", *wanted, *only)
    return dbt.warehouse


def decimals(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Money as text of two decimals, so that the expected values read as they are worked out."""
    return [
        tuple(f"{value:.2f}" if isinstance(value, Decimal) else value for value in row)
        for row in rows
    ]


def test_movements(warehouse: Path) -> None:
    """29 less nothing, plus 30 less 20 on one day; 590 euros a year are 49.17 a month; a quarter of
    40 pounds comes back on the day on which the discount ends."""
    rows = query(
        """
        select account_id, customer_id, currency, movement_kind, mrr_change, moved_date
        from marts.mrr_movements
        order by moved_date, mrr_change
        """,
        warehouse,
    )
    assert decimals(rows) == [
        ("acct_1", "cus_less", "GBP", "new", "30.00", date(2025, 1, 5)),
        ("acct_1", "cus_same", "USD", "new", "29.00", date(2025, 1, 10)),
        ("acct_2", "cus_same", "JPY", "new", "500.00", date(2025, 1, 15)),
        ("acct_1", "cus_giver", "EUR", "new", "49.17", date(2025, 1, 20)),
        ("acct_1", "cus_same", "USD", "expansion", "10.00", SPRING),
        ("acct_1", "cus_less", "GBP", "expansion", "10.00", date(2025, 2, 20)),
        ("acct_1", "cus_giver", "EUR", "transfer", "-49.17", MARCH),
        ("acct_1", "cus_taker", "EUR", "transfer", "49.17", MARCH),
    ]


def test_months(warehouse: Path) -> None:
    """An unpaid invoice is no churn, and a move between customers is neither loss nor growth."""
    rows = query(
        """
        select
            currency, month(month_start_date), closing_mrr, closing_arr, closing_contract_value,
            closing_customer_count, gross_retention_rate, net_retention_rate
        from marts.mrr_by_month
        order by all
        """,
        warehouse,
    )
    assert decimals(rows) == [
        ("EUR", 1, "49.17", "590.00", "590.00", 1, None, None),
        ("EUR", 2, "49.17", "590.00", "590.00", 1, 1.0, 1.0),
        ("EUR", 3, "49.17", "590.00", "590.00", 1, 1.0, 1.0),
        ("GBP", 1, "30.00", "360.00", "30.00", 1, None, None),
        ("GBP", 2, "40.00", "480.00", "40.00", 1, 1.0, pytest.approx(40 / 30)),
        ("GBP", 3, "40.00", "480.00", "40.00", 1, 1.0, 1.0),
        ("JPY", 1, "500.00", "6000.00", "500.00", 1, None, None),
        ("JPY", 2, "500.00", "6000.00", "500.00", 1, 1.0, 1.0),
        ("JPY", 3, "500.00", "6000.00", "500.00", 1, 1.0, 1.0),
        ("USD", 1, "29.00", "348.00", "29.00", 1, None, None),
        ("USD", 2, "39.00", "468.00", "39.00", 1, 1.0, pytest.approx(39 / 29)),
        ("USD", 3, "39.00", "468.00", "39.00", 1, 1.0, 1.0),
    ]


def test_invoices_charges_and_refunds(warehouse: Path) -> None:
    """February's 500 yen are charged in March; of January's 29 dollars 10 go back a year later."""
    rows = query(
        """
        select
            currency, strftime(month_start_date, '%Y-%m'), line_amount, invoiced_amount,
            other_month_amount, charged_amount, refunded_amount, net_amount
        from marts.billing_by_month
        order by all
        """,
        warehouse,
    )
    assert decimals(rows) == [
        ("EUR", "2025-01", "590.00", "590.00", "0.00", "590.00", "0.00", "590.00"),
        ("JPY", "2025-01", "500.00", "500.00", "0.00", "500.00", "0.00", "500.00"),
        ("JPY", "2025-02", "500.00", "500.00", "-500.00", "0.00", "0.00", "0.00"),
        ("JPY", "2025-03", "0.00", "0.00", "500.00", "500.00", "0.00", "500.00"),
        ("USD", "2025-01", "29.00", "29.00", "0.00", "29.00", "0.00", "29.00"),
        ("USD", "2026-01", "0.00", "0.00", "0.00", "0.00", "-10.00", "-10.00"),
    ]
    recovered = query("select invoice_id from marts.invoices where is_recovered", warehouse)
    assert recovered == [("in_b2",)]


def test_values_of_customers(warehouse: Path) -> None:
    """The same id in two accounts is two customers; who handed the plan on has not left."""
    rows = query(
        """
        select
            account_id, customer_id, currency, paid_amount, refunded_amount, observed_amount,
            has_left, ended_date
        from marts.lifetime_values
        order by all
        """,
        warehouse,
    )
    assert decimals(rows) == [
        ("acct_1", "cus_giver", "EUR", "590.00", "0.00", "590.00", False, MARCH),
        ("acct_1", "cus_less", "GBP", "0.00", "0.00", "0.00", False, None),
        ("acct_1", "cus_same", "USD", "29.00", "10.00", "19.00", False, None),
        ("acct_1", "cus_taker", "EUR", "0.00", "0.00", "0.00", False, None),
        ("acct_2", "cus_same", "JPY", "1000.00", "0.00", "1000.00", False, None),
    ]


def test_revenue_in_one_currency(warehouse: Path) -> None:
    """By the seed 500 yen are 3.30 dollars, 590 euros 613.60 and 30 pounds 37.50."""
    rows = query(
        """
        select performance_date, channel_group, revenue, new_mrr
        from marts.channel_performance_by_day
        order by all
        """,
        warehouse,
    )
    assert decimals(rows) == [
        (date(2025, 1, 5), "Unknown", "0.00", "37.50"),
        (date(2025, 1, 10), "Unknown", "29.00", "29.00"),
        (date(2025, 1, 15), "Unknown", "3.30", "3.30"),
        (date(2025, 1, 20), "Unknown", "613.60", "51.13"),
        (date(2025, 3, 3), "Unknown", "3.30", "0.00"),
        (date(2026, 1, 20), "Unknown", "-10.00", "0.00"),
    ]
