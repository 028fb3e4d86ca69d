"""The print shop: customer events of the Shopify pixel, and the orders behind them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa

from headwater.simulate import company
from headwater.simulate.billing import Ledger
from headwater.simulate.deliver import Flaw
from headwater.simulate.events import Events
from headwater.simulate.ids import hex_text, mix
from headwater.simulate.kinds import Kind
from headwater.simulate.people import Array
from headwater.simulate.shop import PRODUCTS
from headwater.simulate.traffic import Sessions
from headwater.simulate.vendors.batch import Batch, Mask, coded, emails, only, repeated

SHOP_URL = "https://prints.lumenboards.example"
SHIPPING_CENTS = 490
ON_A_PRODUCT = (Kind.PRODUCT, Kind.ADD, Kind.REMOVE)
IN_CHECKOUT = (Kind.CHECKOUT, Kind.PAYMENT, Kind.ORDER)
MONEY = pa.decimal128(18, 6)


@dataclass(frozen=True)
class Checkout:
    """A checkout; `lines` are (product, quantity), `ordered_at` in microseconds of the day."""

    session: int
    person: int
    token: str
    order_id: int
    lines: tuple[tuple[int, int], ...]
    ordered_at: int | None

    @property
    def subtotal_cents(self) -> int:
        """Sum of the lines."""
        return sum(PRODUCTS[product].cents * quantity for product, quantity in self.lines)

    @property
    def total_cents(self) -> int:
        """Lines and shipping."""
        return self.subtotal_cents + SHIPPING_CENTS


def checkouts_of(sessions: Sessions, events: Events, day: int) -> list[Checkout]:
    """The checkouts of a day, in order of session.

    A cart holds what was added and not removed; an order number tells day and rank.
    """
    opened = np.unique(events.session[events.kind == Kind.CHECKOUT])
    cart = np.isin(events.kind, (Kind.ADD, Kind.REMOVE)) & np.isin(events.session, opened)
    sign = np.where(events.kind[cart] == Kind.ADD, 1, -1)
    carts: dict[int, dict[int, int]] = {}
    rows = zip(events.session[cart], events.detail[cart], sign, strict=True)
    for session, product, change in rows:
        lines = carts.setdefault(int(session), {})
        lines[int(product)] = lines.get(int(product), 0) + int(change)
    ordered = np.flatnonzero(events.kind == Kind.ORDER)
    ordered_at = dict(
        zip(events.session[ordered].tolist(), events.at[ordered].tolist(), strict=True)
    )
    tokens = hex_text(mix(opened + (day << 32), salt=23)).to_pylist()
    return [
        Checkout(
            session=int(session),
            person=int(sessions.person[session]),
            token=token,
            order_id=5_500_000_000_000 + day * 100_000 + rank,
            lines=tuple((p, n) for p, n in sorted(carts[int(session)].items()) if n > 0),
            ordered_at=ordered_at.get(int(session)),
        )
        for rank, (session, token) in enumerate(zip(opened, tokens, strict=True))
    ]


def line_items(checkout: Checkout) -> list[dict[str, object]]:
    """A checkout's lines as the pixel sends them."""
    return [
        {
            "id": PRODUCTS[product].variant_id,
            "title": PRODUCTS[product].title,
            "quantity": quantity,
            "variant": _variant(product),
            "finalLinePrice": {
                "amount": PRODUCTS[product].cents * quantity / 100,
                "currencyCode": company.SHOP_CURRENCY,
            },
        }
        for product, quantity in checkout.lines
    ]


def book_orders(ledger: Ledger, checkouts: list[Checkout], day: int, epoch_day: int) -> None:
    """Note the day's completed checkouts as the shop's orders and order lines."""
    for checkout in checkouts:
        if checkout.ordered_at is None:
            continue
        when = (epoch_day + day) * 86_400 + checkout.ordered_at // 1_000_000
        ledger.add(
            "orders",
            day,
            id=checkout.order_id,
            checkout_token=checkout.token,
            customer_id=customer_id(checkout.person),
            email=emails(np.array([checkout.person]))[0],
            currency=company.SHOP_CURRENCY,
            total_price=checkout.total_cents / 100,
            subtotal_price=checkout.subtotal_cents / 100,
            total_tax=0.0,
            total_discounts=0.0,
            financial_status="paid",
            source_name="web",
            created_at=when,
            processed_at=when,
            updated_at=when,
            test=False,
        )
        for rank, (product, quantity) in enumerate(checkout.lines):
            item = PRODUCTS[product]
            ledger.add(
                "order_lines",
                day,
                id=checkout.order_id * 10 + rank,
                order_id=checkout.order_id,
                product_id=item.product_id,
                variant_id=item.variant_id,
                sku=item.sku,
                title=item.title,
                quantity=quantity,
                price=item.cents / 100,
                total_discount=0.0,
            )


def pixel(batch: Batch, checkouts: list[Checkout]) -> dict[str, pa.Array]:
    """Columns of shopify.pixel_events."""
    size = len(batch.event)
    agents = ["Mozilla/5.0 (Macintosh)", "Mozilla/5.0 (compatible; Googlebot/2.1)"]
    return {
        "id": batch.event_hex,
        "name": batch.source_name,
        "client_id": batch.device_hex,
        "seq": pa.array(batch.world.events.position[batch.event]),
        "type": repeated("standard", size),
        "user_agent": coded(agents, batch.is_bot.astype(int)),
        "language": repeated("en-US", size),
        "currency": repeated(company.SHOP_CURRENCY, size),
        "search_query": only(repeated("moss", size).cast(pa.string()), batch.kind == Kind.SEARCH),
        "quantity": only(
            pa.array(np.ones(size, dtype=np.int64)), batch.is_kind(Kind.ADD, Kind.REMOVE)
        ),
        "timestamp": batch.told_time(precision=1000),
        **_page_columns(batch),
        **_product_columns(batch),
        **_checkout_columns(batch, checkouts),
    }


def _page_columns(batch: Batch) -> dict[str, pa.Array]:
    """Which page it was; the first of a session carries the query of an ad's link."""
    paths = ["/", "/products", "/checkouts"]
    page = np.where(batch.is_kind(*ON_A_PRODUCT), 1, 0)
    page = np.where(batch.is_kind(*IN_CHECKOUT), 2, page)
    channel = np.maximum(batch.world.sessions.channel[batch.session], 0)
    query = np.where(batch.world.events.position[batch.event] == 0, channel, 0)
    urls = [SHOP_URL + path + _landing_query(entry) for path in paths for entry in company.CHANNELS]
    return {
        "page_url": coded(urls, page * len(company.CHANNELS) + query),
        "page_path": coded(paths, page),
    }


def _product_columns(batch: Batch) -> dict[str, pa.Array]:
    """The product that an event is about, null for the others."""
    on_product = batch.is_kind(*ON_A_PRODUCT)
    product = np.where(on_product, batch.detail, 0)
    texts = {
        "product_id": [item.product_id for item in PRODUCTS],
        "product_title": [item.title for item in PRODUCTS],
        "product_type": [item.kind for item in PRODUCTS],
        "variant_id": [item.variant_id for item in PRODUCTS],
        "sku": [item.sku for item in PRODUCTS],
    }
    columns = {name: coded(values, product, on_product) for name, values in texts.items()}
    return columns | {"price": _priced([item.cents for item in PRODUCTS], product, on_product)}


def _checkout_columns(batch: Batch, checkouts: list[Checkout]) -> dict[str, pa.Array]:
    """The checkout that an event belongs to, null before; email and order come as it proceeds."""
    in_checkout, ordered = batch.is_kind(*IN_CHECKOUT), batch.is_kind(Kind.ORDER)
    sessions = np.array([checkout.session for checkout in checkouts], dtype=np.int64)
    checkout = np.where(in_checkout, np.searchsorted(sessions, batch.session), 0)
    buyers = [c.person for c in checkouts] or [0]
    items = [json.dumps(line_items(c), separators=(",", ":")) for c in checkouts] or [""]
    customers = [str(customer_id(buyer)) for buyer in buyers]
    is_named = ordered & ~batch.has(Flaw.MISSING_IDENTITY)
    paying = batch.is_kind(Kind.PAYMENT, Kind.ORDER)
    return {
        "checkout_token": coded([c.token for c in checkouts] or [""], checkout, in_checkout),
        "order_id": coded([str(c.order_id) for c in checkouts] or [""], checkout, ordered),
        "customer_id": coded(customers, checkout, is_named),
        "email": coded(emails(np.array(buyers)), checkout, paying),
        "line_items": coded(items, checkout, in_checkout),
        "subtotal_price": _priced([c.subtotal_cents for c in checkouts], checkout, in_checkout),
        "total_price": _priced([c.total_cents for c in checkouts], checkout, in_checkout),
    }


def _priced(cents: list[int], index: Array, mask: Mask) -> pa.Array:
    """`cents[index]` as money, null where the mask does not hold."""
    values = pa.array([Decimal(value) / 100 for value in cents] or [Decimal(0)], type=MONEY)
    return only(values.take(pa.array(index)), mask)


def customer_id(person: int) -> int:
    """Shopify's id of the customer."""
    return 6_900_000_000_000 + person


def _variant(product: int) -> dict[str, object]:
    item = PRODUCTS[product]
    return {
        "id": item.variant_id,
        "sku": item.sku,
        "title": item.kind,
        "price": {"amount": item.cents / 100, "currencyCode": company.SHOP_CURRENCY},
        "product": {"id": item.product_id, "title": item.title, "type": item.kind},
    }


def _landing_query(channel: company.Channel) -> str:
    if not channel.campaign_id:
        return ""
    return (
        f"?utm_source={channel.source}&utm_medium={channel.medium}&utm_campaign={channel.campaign}"
    )
