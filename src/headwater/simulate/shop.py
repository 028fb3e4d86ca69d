"""The print shop: its products, and what happens in one of its sessions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from headwater.simulate.kinds import Kind
from headwater.simulate.people import Array, Floats

MOTIFS = ("Moss", "Harbour", "Linen", "Dune", "Orchid", "Slate")
FORMATS = (("Poster", 2400), ("Canvas", 5900), ("Postcards", 1200), ("Calendar", 1900))


@dataclass(frozen=True)
class Product:
    """A print; price in cents, in the shop's currency."""

    number: int
    title: str
    kind: str
    cents: int

    @property
    def product_id(self) -> str:
        """Shopify's id of the product."""
        return str(7_100_000_000_000 + self.number)

    @property
    def variant_id(self) -> str:
        """Shopify's id of its only variant."""
        return str(41_300_000_000_000 + self.number)

    @property
    def sku(self) -> str:
        """Stock-keeping unit."""
        return f"PRINT-{self.number:02d}"


PRODUCTS = tuple(
    Product(motif * len(FORMATS) + kind, f"{name} {form}", form, cents)
    for motif, name in enumerate(MOTIFS)
    for kind, (form, cents) in enumerate(FORMATS)
)
_WEIGHTS = 1.0 / np.arange(1, len(PRODUCTS) + 1) ** 0.7
POPULARITY = _WEIGHTS / _WEIGHTS.sum()
SAME_MOTIF_CHANCE = 0.55  # a further product viewed is of the same motif: the planted affinity


def shop_acts(
    session: Array, rng: np.random.Generator
) -> Iterator[tuple[Array, int | Array, int | Array, float | Floats]]:
    """Acts of shop sessions as (session, kind, product or -1, place in the session).

    Who adds something may check out; who checks out may pay. Removing takes back what was added.
    """
    views = 1 + rng.poisson(1.8, len(session))
    viewer = np.repeat(np.arange(len(session)), views)
    product = _viewed_products(viewer, len(session), rng)
    place = rng.uniform(0.05, 0.85, len(viewer))
    yield session[viewer], Kind.PRODUCT, product, place
    searches = np.repeat(session, rng.poisson(0.25, len(session)))
    yield searches, Kind.SEARCH, -1, rng.uniform(0.02, 0.9, len(searches))

    added = rng.random(len(viewer)) < 0.24
    yield session[viewer[added]], Kind.ADD, product[added], place[added] + 0.001
    removed = added & (rng.random(len(viewer)) < 0.08)
    yield session[viewer[removed]], Kind.REMOVE, product[removed], np.full(removed.sum(), 0.87)
    kept = np.bincount(viewer[added & ~removed], minlength=len(session))
    going = kept > 0
    for kind, chance, spot in (
        (Kind.CART, 0.8, 0.90),
        (Kind.CHECKOUT, 0.65, 0.92),
        (Kind.PAYMENT, 0.85, 0.93),
        (Kind.ORDER, 0.85, 0.94),
    ):
        going = going & (rng.random(len(session)) < chance)
        yield session[going], kind, -1, spot


def _viewed_products(viewer: Array, sessions: int, rng: np.random.Generator) -> Array:
    """Each view is of a popular product, or of another format of the session's motif."""
    favourite = rng.choice(len(PRODUCTS), sessions, p=POPULARITY) // len(FORMATS)
    drawn = rng.choice(len(PRODUCTS), len(viewer), p=POPULARITY)
    sibling = favourite[viewer] * len(FORMATS) + rng.integers(0, len(FORMATS), len(viewer))
    return np.where(rng.random(len(viewer)) < SAME_MOTIF_CHANCE, sibling, drawn)
