"""What people do in the sessions of a day: their acts, in order and with times.

No gap inside a session reaches the 30-minute timeout.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from headwater.simulate import company
from headwater.simulate.company import DESKTOP, PHONE, SHOP, SITE, WEB
from headwater.simulate.ids import uniform
from headwater.simulate.kinds import Kind
from headwater.simulate.people import Array, Floats, People, variants_of
from headwater.simulate.plan import Visits
from headwater.simulate.shop import shop_acts
from headwater.simulate.traffic import KNOWN_FROM_START, LONGEST_SESSION, Sessions

LONGEST_GAP = 25 * 60.0

# Acts per session in the apps: mean counts, and how each intent bends them (Browser … Curator).
APP_RATES = {
    Kind.VIEW: (1.8, (1.0, 1.0, 1.0, 1.0)),
    Kind.CLICK: (1.3, (1.1, 0.8, 1.2, 0.9)),
    Kind.SEARCH: (0.5, (1.2, 0.9, 0.8, 1.0)),
    Kind.SAVE: (0.9, (0.6, 1.6, 0.8, 1.5)),
    Kind.BOARD: (0.10, (0.4, 1.5, 1.0, 2.2)),
    Kind.SHARE: (0.12, (0.7, 1.0, 1.3, 1.6)),
    Kind.FEATURE: (0.7, (1.0, 1.0, 1.0, 1.0)),
}
SITE_RATES = {Kind.VIEW: 1.5, Kind.SCROLL: 1.0, Kind.CLICK: 0.6, Kind.SEARCH: 0.2}


@dataclass
class Events:
    """Events of a day in order of session and time, each array of shape (events,).

    `at` is in microseconds from the day's start, UTC. `detail` depends on the kind: the form, deal,
    feature, experiment or product.
    """

    session: Array
    kind: Array
    detail: Array
    at: Array
    position: Array


@dataclass
class _Acts:
    """Acts gathered in any order, to be sorted by session and place (0 first … 1 last)."""

    session: list[Array] = field(default_factory=list)
    kind: list[Array] = field(default_factory=list)
    detail: list[Array] = field(default_factory=list)
    place: list[Floats] = field(default_factory=list)

    def add(
        self, session: Array, kind: int | Array, detail: int | Array, place: float | Floats
    ) -> None:
        size = len(session)
        self.session.append(session)
        self.kind.append(np.broadcast_to(np.asarray(kind, dtype=np.int64), size))
        self.detail.append(np.broadcast_to(np.asarray(detail, dtype=np.int64), size))
        self.place.append(np.broadcast_to(np.asarray(place, dtype=np.float64), size))


def draw_events(
    people: People,
    sessions: Sessions,
    visits: Visits,
    place: Array,
    *,
    day: int,
    days: int,
    rng: np.random.Generator,
) -> Events:
    """Events of a day.

    Args:
        people: the population.
        sessions: of the day.
        visits: planned acts of the day.
        place: the session of each planned act, shape (visits,).
        day: the day, 0 is the first of the horizon.
        days: length of the horizon; experiments lie relative to it.
        rng: source of randomness.
    """
    acts = _Acts()
    everyone = np.arange(len(sessions))
    first = np.where(sessions.tool == SITE, int(Kind.SESSION_START), int(Kind.VIEW))
    acts.add(everyone, first, -1, 0.0)
    _login_acts(acts, sessions, people)
    factor = _experiment_acts(acts, people, sessions, day, days)
    _app_acts(acts, people, sessions, factor, day=day, rng=rng)
    site = np.flatnonzero(sessions.tool == SITE)
    acts.add(site, Kind.VIEW, -1, 0.01)
    for kind, rate in SITE_RATES.items():
        chosen = np.repeat(site, rng.poisson(rate, len(site)))
        acts.add(chosen, kind, -1, rng.uniform(0.05, 0.9, len(chosen)))
    shop = np.flatnonzero((sessions.tool == SHOP) & ~sessions.is_bot)
    for act in shop_acts(shop, rng):
        acts.add(*act)
    late = np.where(visits.kind == Kind.PURCHASE, 0.97, 0.95)
    late = np.where(visits.kind == Kind.FEATURE, 0.04, late)
    acts.add(place, visits.kind, visits.detail, late)
    return _in_order(acts, sessions, rng)


def _login_acts(acts: _Acts, sessions: Sessions, people: People) -> None:
    """A login is the first event that carries the id; who borrows a browser logs out again."""
    login = np.flatnonzero(sessions.known_from > 0)
    acts.add(login, Kind.LOGIN, -1, np.asarray(0.002 * sessions.known_from[login], np.float64))
    second = login[sessions.known_from[login] > 1]
    acts.add(second, Kind.CLICK, -1, 0.001)
    borrowed = login[
        (sessions.tool[login] == WEB) & (people.shares_with[sessions.person[login]] >= 0)
    ]
    acts.add(borrowed, Kind.LOGOUT, -1, 0.99)


def _experiment_acts(
    acts: _Acts, people: People, sessions: Sessions, day: int, days: int
) -> dict[int, Floats]:
    """Expose the day's first sessions; by kind, how variants bend each session's rate."""
    factor = {int(kind): np.ones(len(sessions)) for kind in (Kind.SAVE, Kind.CLICK)}
    app = np.isin(sessions.tool, (WEB, PHONE, DESKTOP)) & (sessions.known_from == KNOWN_FROM_START)
    chosen = np.flatnonzero(app)
    person = sessions.person[chosen]
    for index, experiment in enumerate(company.EXPERIMENTS):
        if day not in company.experiment_days(experiment, days):
            continue
        variant = variants_of(experiment, person)
        exposed = ~((variant == 1) & (uniform(person, 40 + index) < experiment.lost_share))
        first = exposed & sessions.is_first_of_day[chosen]
        acts.add(chosen[first], Kind.EXPOSURE, index * 8 + variant[first], 0.01 + 0.001 * index)
        for name, effects in experiment.effects.items():
            treated = exposed & (variant == experiment.variants.index(name))
            for (intent, act), multiplier in effects.items():
                hit = treated.copy()
                if intent != "*":
                    hit &= people.intent[person] == company.INTENTS.index(intent)
                factor[int(Kind[act.upper()])][chosen[hit]] *= multiplier
    return factor


def _app_acts(
    acts: _Acts,
    people: People,
    sessions: Sessions,
    factor: dict[int, Floats],
    *,
    day: int,
    rng: np.random.Generator,
) -> None:
    app = np.flatnonzero(np.isin(sessions.tool, (WEB, PHONE, DESKTOP)))
    person = np.maximum(sessions.person[app], 0)
    for kind, (rate, bends) in APP_RATES.items():
        mean = rate * np.array(bends)[people.intent[person]]
        mean = mean * factor[int(kind)][app] if int(kind) in factor else mean
        count = rng.poisson(mean)
        chosen, detail = np.repeat(app, count), -1
        if kind is Kind.FEATURE:
            who = np.repeat(person, count)
            feature = rng.choice(len(company.FEATURES), len(who), p=[0.3, 0.3, 0.2, 0.12, 0.08])
            adopted = (people.adopted_day[who, feature] <= day) & (sessions.person[chosen] >= 0)
            chosen, feature = chosen[adopted], feature[adopted]
            place = rng.uniform(0.05, 0.5, len(chosen))
            acts.add(chosen, kind, feature, place)
            runs = (feature == company.CAUSAL_FEATURE) & (sessions.tool[chosen] != PHONE)
            _pipeline_acts(acts, chosen[runs], place[runs], rng)
            continue
        acts.add(chosen, kind, detail, rng.uniform(0.05, 0.9, len(chosen)))


def _pipeline_acts(acts: _Acts, session: Array, place: Floats, rng: np.random.Generator) -> None:
    """A labelling run: five steps in order, each of which may fail the run or leave it open."""
    run = np.arange(len(session))
    fate = rng.random((5, len(session)))
    going = rng.random(len(session)) < 0.7
    for step in range(5):
        acts.add(
            session[going],
            int(Kind.PIPELINE_START) + step,
            run[going],
            place[going] + 0.001 * (step + 1),
        )
        failed = going & (fate[step] < 0.03)
        acts.add(
            session[failed], Kind.PIPELINE_FAILED, run[failed], place[failed] + 0.001 * (step + 1.5)
        )
        going = going & (fate[step] >= 0.06)


def _in_order(acts: _Acts, sessions: Sessions, rng: np.random.Generator) -> Events:
    """Sort the acts and give them times: half a minute apart, the long tail below the timeout."""
    session = np.concatenate(acts.session)
    order = np.argsort(session + np.concatenate(acts.place) * 0.999, kind="stable")
    session = session[order]
    starts = np.diff(session, prepend=-1) != 0
    gap = rng.exponential(28.0, len(session))
    gap = np.where(
        rng.random(len(session)) < 0.04, rng.uniform(300.0, LONGEST_GAP, len(session)), gap
    )
    gap = np.where(starts, 0.0, np.clip(gap, 0.4, LONGEST_GAP))
    total = np.cumsum(gap)
    elapsed = total - np.maximum.accumulate(np.where(starts, total, 0.0))
    length = np.zeros(len(sessions))
    np.maximum.at(length, session, elapsed)
    elapsed *= np.minimum(1.0, LONGEST_SESSION / np.maximum(length, 1.0))[session]
    spot = np.arange(len(session))
    return Events(
        session=session,
        kind=np.concatenate(acts.kind)[order],
        detail=np.concatenate(acts.detail)[order],
        at=np.rint((sessions.start[session] + elapsed) * 1e6).astype(np.int64),
        position=spot - np.maximum.accumulate(np.where(starts, spot, 0)),
    )
