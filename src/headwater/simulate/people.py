"""The population: who exists, when they come and go, and what each of them is like.

Arrays, one element a person, the person's number being the index. Days are whole numbers counted
from the first simulated day (day 0); people who came before it have negative birth days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.simulate import company
from headwater.simulate.company import SHOP, SITE, WEB
from headwater.simulate.ids import Ints, Words, mix, uniform

NEVER = 2**30
Array = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

APP_MIXES = np.array(  # weights of the five tools by a person's main app
    [
        [0.62, 0.10, 0.02, 0.18, 0.08],  # a web person
        [0.14, 0.62, 0.02, 0.15, 0.07],  # a phone person
        [0.20, 0.12, 0.46, 0.15, 0.07],  # a desktop person
    ]
)
APP_SHARES = (0.54, 0.32, 0.14)
FIRST_VISIT_MIX = np.array([0.24, 0.24, 0.03, 0.44, 0.05])
BROWSER_TOOLS = (WEB, SITE, SHOP)  # their ids live in browser storage, which people clear


@dataclass
class People:
    """The population, each array of shape (persons,).

    `last_day` is the last day of activity, `registered_day` the day from which the person has a
    login (NEVER if none), `cleared_day` the day browser storage is wiped (NEVER if not),
    `shares_with` the person whose browser is used (-1: their own), `skew_hours` how far the phone's
    clock runs ahead, `adopted_day` (persons, features) the first day a feature may be used.
    """

    birth: Array
    last_day: Array
    chance: Floats
    registered_day: Array
    cleared_day: Array
    shares_with: Array
    skew_hours: npt.NDArray[np.int8]
    intent: npt.NDArray[np.int8]
    category: npt.NDArray[np.int8]
    country: npt.NDArray[np.int8]
    app: npt.NDArray[np.int8]
    engagement: Floats
    adopted_day: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.birth)

    def born_on(self, day: int) -> Array:
        """Numbers of the people whose first day this is."""
        first, last = np.searchsorted(self.birth, [day, day + 1])
        return np.arange(first, last)

    def device_keys(self, person: Ints, tool: Ints, day: int) -> Words:
        """The device each person uses in a tool on a day, as 64-bit keys of shape (n,)."""
        owner = np.where(
            (tool == WEB) & (self.shares_with[person] >= 0), self.shares_with[person], person
        )
        browser = np.isin(tool, BROWSER_TOOLS)
        wiped = browser & (self.cleared_day[owner] < day)
        return mix((owner * 8 + tool) * 2 + wiped, salt=11)


def draw(days: int, births: Array, scale: float, rng: np.random.Generator) -> People:
    """Draw the population of a horizon.

    Args:
        days: length of the horizon.
        births: new people per day, shape (days,).
        scale: 1.0 is the company at full size; sets how many people exist at the start.
        rng: source of randomness.

    Returns:
        People in order of their birth day.
    """
    kinds = company.LIFETIMES
    kind, birth = _arrivals(days, births, scale, rng)
    count = len(kind)
    mean_life = np.array([entry[2] for entry in kinds])[kind]
    left = np.maximum(birth, 0) + np.ceil(rng.exponential(1.0, count) * mean_life).astype(np.int64)
    engagement = rng.normal(0.0, 1.0, count) + 0.6 * kind
    shares_with = _shared_browsers(kind, rng)
    country = _choose(tuple(entry[3] for entry in company.COUNTRIES), count, rng)
    country = np.where(shares_with >= 0, country[shares_with], country)  # one household
    registers = rng.random(count) < np.array(company.REGISTERED_SHARES)[kind]
    wait = np.floor(rng.exponential(1.5, count)).astype(np.int64)
    clears = (kind > 0) & (rng.random(count) < 0.25)
    return People(
        birth=birth,
        last_day=left,
        chance=np.array([entry[3] for entry in kinds])[kind],
        registered_day=np.where(registers, birth + np.minimum(wait, left - birth), NEVER),
        cleared_day=np.where(clears, np.maximum(birth, 0) + rng.integers(3, 200, count), NEVER),
        shares_with=shares_with,
        skew_hours=_skewed_clocks(count, rng),
        intent=_choose(company.INTENT_SHARES, count, rng),
        category=_choose(company.CATEGORY_SHARES, count, rng),
        country=country,
        app=_choose(APP_SHARES, count, rng),
        engagement=engagement,
        adopted_day=_adoption(birth, engagement, rng),
    )


def tools_of(
    people: People, person: Array, first_visit: npt.NDArray[np.bool_], rng: np.random.Generator
) -> Array:
    """Choose the tool of each session.

    Args:
        people: the population.
        person: whose session it is, shape (sessions,).
        first_visit: whether it is the person's very first session.
        rng: source of randomness.

    Returns:
        Tool index per session, shape (sessions,).
    """
    weights = np.where(first_visit[:, None], FIRST_VISIT_MIX, APP_MIXES[people.app[person]])
    edges = np.cumsum(weights, axis=1)
    return np.asarray((rng.random(len(person))[:, None] * edges[:, -1:] > edges).sum(axis=1))


def is_android(person: Array) -> npt.NDArray[np.bool_]:
    """Who has an Android phone and not an iPhone, shape (n,); a person keeps the kind."""
    return uniform(person, salt=5) >= 0.55


def variants_of(experiment: company.Experiment, person: Array) -> Array:
    """Index of the variant each person is assigned to, shape (n,); the same on every call."""
    salt = int(
        mix(np.array([len(experiment.experiment_id)]), sum(experiment.experiment_id.encode()))[0]
        % 997
    )
    drawn = uniform(person, salt + 1_000_000 * experiment.deal)
    return (drawn * len(experiment.variants)).astype(np.int64)


def _arrivals(
    days: int, births: Array, scale: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Class and birth day of everybody, in order of birth day."""
    shares = [entry[1] for entry in company.LIFETIMES]
    old_class, old_age = _people_before(scale, rng)
    new_class = rng.choice(len(shares), size=births.sum(), p=shares)
    kind = np.concatenate([old_class, new_class])
    birth = np.concatenate([-1 - old_age, np.repeat(np.arange(days), births)])
    order = np.argsort(birth, kind="stable")
    return kind[order], birth[order]


def _people_before(scale: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Class and age in days of those who are already there: arrivals times mean lifetime."""
    classes, ages = [], []
    for index, (_, share, mean_life, _) in enumerate(company.LIFETIMES):
        count = rng.poisson(company.NEW_PER_DAY * scale * share * mean_life)
        classes.append(np.full(count, index))
        ages.append(np.floor(rng.exponential(max(mean_life, 1.0), count)).astype(np.int64))
    return np.concatenate(classes), np.concatenate(ages)


def _choose(
    shares: tuple[float, ...], count: int, rng: np.random.Generator
) -> npt.NDArray[np.int8]:
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(count), side="right").astype(np.int8)


def _skewed_clocks(count: int, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """Few phones' clocks run ahead, those by hours."""
    is_skewed = rng.random(count) < 0.004
    return np.where(is_skewed, rng.integers(1, 21, count), 0).astype(np.int8)


def _shared_browsers(kind: Array, rng: np.random.Generator) -> Array:
    """One in fifty returning people uses the browser of another returning person near in age."""
    shares = np.full(len(kind), -1)
    returning = np.flatnonzero(kind > 0)
    if len(returning) < 2:
        return shares
    guests = np.flatnonzero(rng.random(len(returning)) < 0.02)
    guests = guests[(guests > 0) & (np.diff(guests, prepend=-2) > 1)]
    shares[returning[guests]] = returning[guests - 1]
    return shares


def _adoption(birth: Array, engagement: Floats, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Engaged people adopt more of everything; that is why use and revenue go together."""
    offsets = np.array([-0.9, -0.6, 0.0, -1.2, -1.6])
    chance = 1 / (1 + np.exp(-(engagement[:, None] + offsets)))
    adopts = rng.random(chance.shape) < chance
    delay = np.floor(rng.exponential(4.0, chance.shape)).astype(np.int64)
    return np.where(adopts, birth[:, None] + delay, NEVER).astype(np.int32)
