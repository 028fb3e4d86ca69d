"""What is bound to happen: forms, trials and purchases, with their day, person and outcome.

Drawn for the whole horizon before the first day is simulated, so that traffic, billing and CRM tell
one story. A `Visit` is the trace that a planned act must leave in a tool.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from headwater.simulate import company
from headwater.simulate.company import SITE, WEB
from headwater.simulate.kinds import Kind
from headwater.simulate.people import NEVER, Array, Floats, People

TRIAL_SIGNUP = 0
BROUGHT_BACK_CHANCE = 0.35  # of a visit a day, for people on trial and customers


@dataclass
class Fills:
    """Form fills, each array of shape (fills,); `form` indexes company.FORMS."""

    day: Array
    person: Array
    form: Array


@dataclass
class Deals:
    """Subscriptions, sold or tried: one element each.

    `path` indexes company.TRIAL_PATHS, -1 without a trial; `fill` the form fill it came from, -1
    for a purchase without any form. `paid_day` is NEVER if the trial expired.
    """

    person: Array
    fill: Array
    path: Array
    start_day: Array
    paid_day: Array
    plan: Array
    is_yearly: npt.NDArray[np.bool_]
    is_euro: npt.NDArray[np.bool_]
    used_causal_feature: npt.NDArray[np.bool_]


@dataclass
class Visits:
    """Planned acts, in order of day: who does what in which tool. `detail` depends on the kind."""

    day: Array
    person: Array
    tool: Array
    kind: Array
    detail: Array

    def on(self, day: int) -> Visits:
        """The acts of one day."""
        first, last = np.searchsorted(self.day, [day, day + 1])
        return Visits(*(getattr(self, name)[first:last] for name in self.__annotations__))


class _Planned(NamedTuple):
    """Planned acts of one kind in one tool, in any order; the fields are those of Visits."""

    day: Array
    person: Array
    tool: int
    kind: Kind
    detail: Array


@dataclass
class Plan:
    """Everything planned, and the purchased leads per day."""

    fills: Fills
    deals: Deals
    visits: Visits
    purchased_leads: Array


def draw(people: People, traffic: Floats, scale: float, rng: np.random.Generator) -> Plan:
    """Plan a horizon, and keep the people in it around for what they are to do.

    Args:
        people: the population; its registration, lifetime and visit chance are raised in place.
        traffic: traffic of each day relative to the average, shape (days,).
        scale: 1.0 is the company at full size.
        rng: source of randomness.
    """
    fills = _draw_fills(people, traffic, scale, rng)
    deals = _draw_deals(people, fills, traffic, scale, rng)
    _keep_around(people, fills, deals)
    leads = rng.poisson(traffic * company.PURCHASED_LEADS_PER_YEAR * scale / company.DAYS_PER_YEAR)
    return Plan(fills, deals, _visits(people, fills, deals), leads)


def _per_day(yearly: float, traffic: Floats, scale: float, rng: np.random.Generator) -> Array:
    """Days of acts that happen `yearly` times a year, in order."""
    counts = rng.poisson(traffic * yearly * scale / company.DAYS_PER_YEAR)
    return np.repeat(np.arange(len(traffic)), counts)


def _draw_fills(people: People, traffic: Floats, scale: float, rng: np.random.Generator) -> Fills:
    day = _per_day(company.FORM_FILLS_PER_YEAR, traffic, scale, rng)
    edges = np.cumsum([form.share for form in company.FORMS])[:-1]
    person = _newcomers(people, day, np.array([], dtype=np.int64), rng)
    keep = person >= 0
    return Fills(
        day[keep], person[keep], np.searchsorted(edges, rng.random(keep.sum()), side="right")
    )


def _newcomers(
    people: People, day: Array, taken: Array, rng: np.random.Generator, tries: int = 30
) -> Array:
    """A different person for each day, none of `taken`, who came shortly before; -1: none left."""
    person = np.full(len(day), -1)
    for _ in range(tries):
        open_ = np.flatnonzero(person < 0)
        since = np.maximum(
            day[open_] - np.floor(rng.exponential(2.0, len(open_))).astype(np.int64), 0
        )
        first = np.searchsorted(people.birth, since)
        last = np.searchsorted(people.birth, since + 1)
        drawn = first + np.floor(rng.random(len(open_)) * (last - first)).astype(np.int64)
        free = (last > first) & ~np.isin(drawn, person) & ~np.isin(drawn, taken)
        drawn = np.where(free, drawn, -1)
        fresh = np.unique(drawn, return_index=True)[1]
        person[open_[fresh]] = drawn[fresh]
    return person


def _draw_deals(
    people: People, fills: Fills, traffic: Floats, scale: float, rng: np.random.Generator
) -> Deals:
    trial = np.flatnonzero(fills.form == TRIAL_SIGNUP)
    path = np.searchsorted([company.TRIAL_PATHS[0].share], rng.random(len(trial)), side="right")
    used = people.adopted_day[fills.person[trial], company.CAUSAL_FEATURE] <= fills.day[trial] + 9
    paid = _conversion_days(people, fills, trial, path, used=used, rng=rng)

    others = np.flatnonzero(fills.form != TRIAL_SIGNUP)
    share = company.OTHER_FORM_PURCHASES_PER_YEAR / (
        company.FORM_FILLS_PER_YEAR * (1 - company.FORMS[TRIAL_SIGNUP].share)
    )
    others = others[rng.random(len(others)) < share]
    later = fills.day[others] + rng.integers(5, 31, len(others))

    walk_in_day = _per_day(company.ANONYMOUS_PURCHASES_PER_YEAR, traffic, scale, rng)
    walk_in = _newcomers(people, walk_in_day, fills.person, rng)
    walk_in, walk_in_day = walk_in[walk_in >= 0], walk_in_day[walk_in >= 0]

    all_path = np.concatenate([path, np.full(len(others) + len(walk_in), -1)])
    count = len(all_path)
    return Deals(
        person=np.concatenate([fills.person[trial], fills.person[others], walk_in]),
        fill=np.concatenate([trial, others, np.full(len(walk_in), -1)]),
        path=all_path,
        start_day=np.concatenate([fills.day[trial], later, walk_in_day]),
        paid_day=np.concatenate([paid, later, walk_in_day]),
        plan=_draw_plans(all_path, rng),
        is_yearly=rng.random(count) < company.YEARLY_SHARE,
        is_euro=rng.random(count) < company.EUR_SHARE,
        used_causal_feature=np.concatenate([used, np.zeros(count - len(trial), dtype=bool)]),
    )


def _conversion_days(
    people: People,
    fills: Fills,
    trial: Array,
    path: Array,
    *,
    used: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> Array:
    """Day each trial is paid, NEVER if it expires.

    A path's average stays what company.TRIAL_PATHS says; around it the causal feature adds its lift
    and engagement, which also drives adoption, a little: the confounding that a reader must undo.
    """
    if not len(trial):
        return np.array([], dtype=np.int64)
    base = np.array([entry.conversion for entry in company.TRIAL_PATHS])[path]
    mood = np.tanh(people.engagement[fills.person[trial]] - 0.5)
    chance = (
        base + company.CAUSAL_CONVERSION_LIFT * (used - used.mean()) + 0.10 * (mood - mood.mean())
    )
    mean_day = np.array([entry.conversion_day for entry in company.TRIAL_PATHS])[path]
    day = np.maximum(np.rint(rng.normal(mean_day, 2.0)), 1).astype(np.int64)
    return np.where(rng.random(len(trial)) < chance, fills.day[trial] + day, NEVER)


def _draw_plans(path: Array, rng: np.random.Generator) -> Array:
    """Sales-assisted trials buy the larger plans; everybody else buys as self-service does."""
    shares = np.array(
        [[plan.self_service_share, plan.sales_assisted_share] for plan in company.PLANS]
    )
    edges = np.cumsum(shares, axis=0)[:-1]
    column = np.where(path == 1, 1, 0)
    return np.asarray((rng.random(len(path))[None, :] >= edges[:, column]).sum(axis=0))


def _keep_around(people: People, fills: Fills, deals: Deals) -> None:
    """People who fill a form come with a name; those on trial and customers come back often."""
    registered = fills.person[fills.form == TRIAL_SIGNUP]
    first_day = fills.day[fills.form == TRIAL_SIGNUP]
    people.registered_day[registered] = np.minimum(people.registered_day[registered], first_day)
    people.registered_day[deals.person[deals.fill < 0]] = NEVER
    until = np.where(
        deals.paid_day < NEVER, deals.paid_day + 60, deals.start_day + company.TRIAL_DAYS
    )
    named = deals.fill >= 0
    person = deals.person[named]
    people.last_day[person] = np.maximum(people.last_day[person], until[named])
    people.chance[person] = np.maximum(people.chance[person], BROUGHT_BACK_CHANCE)


def _visits(people: People, fills: Fills, deals: Deals) -> Visits:
    parts = [
        _Planned(fills.day, fills.person, SITE, Kind.FORM, fills.form),
        *_deal_acts(deals),
        _first_shares(people, deals),
        *_feature_acts(people, deals),
    ]
    size = [len(part.day) for part in parts]
    day = np.concatenate([part.day for part in parts])
    order = np.argsort(day, kind="stable")
    return Visits(
        day=day[order],
        person=np.concatenate([part.person for part in parts])[order],
        tool=np.repeat([part.tool for part in parts], size)[order],
        kind=np.repeat([int(part.kind) for part in parts], size)[order],
        detail=np.concatenate([part.detail for part in parts])[order],
    )


def _deal_acts(deals: Deals) -> list[_Planned]:
    """How trials begin, are bought and expire; the detail is the deal."""
    trial, paid, walk_in = deals.path >= 0, deals.paid_day < NEVER, deals.fill < 0
    expiry = deals.start_day + company.TRIAL_DAYS
    acts = (
        (trial, deals.start_day, WEB, Kind.TRIAL_STARTED),
        (paid & (deals.path == 0), deals.paid_day, WEB, Kind.UPGRADE_CLICKED),
        (paid & (deals.path == 1), deals.paid_day, WEB, Kind.SALES_CLICKED),
        (paid & ~walk_in, deals.paid_day, WEB, Kind.PURCHASE),
        (paid & walk_in, deals.paid_day, SITE, Kind.PURCHASE),
        (trial & ~paid, expiry, WEB, Kind.TRIAL_EXPIRED),
    )
    return [
        _Planned(day[chosen], deals.person[chosen], tool, kind, np.flatnonzero(chosen))
        for chosen, day, tool, kind in acts
    ]


def _first_shares(people: People, deals: Deals) -> _Planned:
    """Whoever begins a trial shares boards on that day, the more so the more engaged they are.

    It is all that shows their engagement before they take to a feature.
    """
    trial = np.flatnonzero(deals.path >= 0)
    person = deals.person[trial]
    count = np.minimum(np.rint(np.exp(2.2 + 0.6 * people.engagement[person])), 60).astype(np.int64)
    day, nothing = np.repeat(deals.start_day[trial], count), np.full(count.sum(), -1)
    return _Planned(day, np.repeat(person, count), WEB, Kind.SHARE, nothing)


def _feature_acts(people: People, deals: Deals) -> Iterator[_Planned]:
    """Features adopted during a trial are used in it; the detail is the feature."""
    for feature in (company.CAUSAL_FEATURE, company.CORRELATED_FEATURE):
        adopted = people.adopted_day[deals.person, feature]
        chosen = (deals.path >= 0) & (adopted <= deals.start_day + 9)
        day = np.maximum(adopted, deals.start_day)[chosen]
        detail = np.full(chosen.sum(), feature)
        yield _Planned(day, deals.person[chosen], WEB, Kind.FEATURE, detail)
