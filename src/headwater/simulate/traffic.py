"""One day's sessions: who opens which tool when.

Two sessions of one device never come closer than the 30-minute timeout, and no gap inside a session
reaches it (see `events`), so a session here is a session under the usual definition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.simulate import company
from headwater.simulate.company import PHONE, SHOP, SITE, WEB
from headwater.simulate.ids import Words, uniform
from headwater.simulate.people import BROWSER_TOOLS, NEVER, Array, Floats, People, tools_of
from headwater.simulate.plan import TRIAL_SIGNUP, Fills, Visits

HOUR = 3600.0
DAY_START_HOUR, DAY_HOURS, LONGEST_SESSION = 5, 19, 2.5 * HOUR
NEVER_KNOWN, KNOWN_FROM_START = -1, 0
BOT_SHARE = 0.006


@dataclass
class Sessions:
    """Sessions of a day, each array of shape (sessions,).

    `person` is -1 for bots; `start` in seconds from the day's start, UTC; `known_from` the event
    from which the login id is sent (0: from the first, -1: never); `number` counts a person's
    sessions in the tool from 1; `channel` indexes company.CHANNELS, -1 in the apps. `is_cause`:
    without this visit the person's later trial had not been.
    """

    person: Array
    tool: Array
    device: Words
    start: Floats
    known_from: Array
    number: Array
    channel: Array
    is_first_of_day: npt.NDArray[np.bool_]
    is_cause: npt.NDArray[np.bool_]

    @property
    def is_bot(self) -> npt.NDArray[np.bool_]:
        """Whether a machine made the session."""
        return self.person < 0

    def __len__(self) -> int:
        return len(self.person)


@dataclass
class State:
    """What carries over from day to day, per person and tool: valid logins, sessions so far.

    Per person: `cause`, the channel that is still to win them, -1 for none, and `trial_day`.
    """

    logged_in: npt.NDArray[np.bool_]
    sessions: npt.NDArray[np.int32]
    cause: Array
    trial_day: Array

    @classmethod
    def of(cls, people: People, fills: Fills) -> State:
        """Nobody is logged in before the first day."""
        shape = (len(people), len(company.TOOLS))
        trial = fills.form == TRIAL_SIGNUP
        person = fills.person[trial]
        edges = np.cumsum([channel.pull for channel in company.CHANNELS])
        channel = np.searchsorted(edges, uniform(person, salt=61) * edges[-1], side="right")
        is_won = uniform(person, salt=67) < company.CAUSED_TRIAL_SHARE
        cause, trial_day = np.full(len(people), -1), np.full(len(people), NEVER)
        cause[person] = np.where(is_won, channel, -1)
        trial_day[person] = fills.day[trial]
        return cls(np.zeros(shape, dtype=bool), np.zeros(shape, dtype=np.int32), cause, trial_day)


def draw_sessions(
    people: People,
    state: State,
    visits: Visits,
    day: int,
    *,
    target: float,
    rng: np.random.Generator,
) -> tuple[Sessions, Array]:
    """Sessions of a day, and for each planned visit the session it takes place in.

    Args:
        people: the population.
        state: carried over; logins and counters are updated in place.
        visits: planned acts of the day.
        day: the day, 0 is the first of the horizon.
        target: people expected to be active beside the newcomers.
        rng: source of randomness.
    """
    active = _active_people(people, visits, day, target, rng)
    drawn = rng.choice(4, len(active), p=company.SESSION_COUNT_SHARES) + 1
    who, slot = _slots(active, visits)
    np.maximum.at(drawn, who, slot + 1)
    first = np.cumsum(drawn) - drawn
    person, index = np.repeat(active, drawn), np.arange(drawn.sum()) - np.repeat(first, drawn)
    tool = tools_of(people, person, (people.birth[person] == day) & (index == 0), rng)
    place = first[who] + slot
    tool[place] = visits.tool
    guest = _guests(people, person, tool, place)
    channel = _channels(people, person, tool, day, rng)
    is_cause = _causes(people, state, person, tool, day)
    channel[is_cause] = state.cause[person[is_cause]]
    state.cause[person[is_cause]] = -1
    sessions = Sessions(
        person=person,
        tool=tool,
        device=people.device_keys(person, tool, day),
        start=_start_times(people, person, index, np.repeat(drawn, drawn), rng),
        known_from=_logins(people, state, person, tool, guest, day=day, rng=rng),
        number=_numbers(state, person, tool),
        channel=channel,
        is_first_of_day=index == 0,
        is_cause=is_cause,
    )
    return _with_bots(sessions, rng), place


def _active_people(
    people: People, visits: Visits, day: int, target: float, rng: np.random.Generator
) -> Array:
    """Newcomers, planned visitors, and those who return: as many as expected, in a fair draw."""
    alive = np.flatnonzero((people.birth < day) & (people.last_day >= day))
    planned = np.unique(visits.person)
    awaited = planned[people.birth[planned] != day]
    chance = people.chance[alive]
    level = max(target - len(awaited), 0) / max(chance.sum(), 1.0)
    chosen = alive[rng.random(len(alive)) < chance * level]
    return np.unique(np.concatenate([people.born_on(day), planned, chosen]))


def _slots(active: Array, visits: Visits) -> tuple[Array, Array]:
    """Whose each planned act is, as an index into `active`, and in which of their sessions it lies.

    Acts of a person in the same tool share a session; sessions are counted from 0.
    """
    who = np.searchsorted(active, visits.person)
    key = who * 8 + visits.tool
    order = np.argsort(key, kind="stable")
    session = np.cumsum(np.diff(key[order], prepend=-1) != 0)
    is_new_person = np.diff(who[order], prepend=-1) != 0
    slot = np.empty(len(who), dtype=np.int64)
    slot[order] = session - np.maximum.accumulate(np.where(is_new_person, session, 0))
    return who, slot


def _guests(people: People, person: Array, tool: Array, planned: Array) -> npt.NDArray[np.bool_]:
    """Sessions in a borrowed browser; whose host is about takes the phone, by changing `tool`.

    Planned sessions keep their tool.
    """
    host = people.shares_with[person]
    guest = (tool == WEB) & (host >= 0)
    moves = guest & np.isin(host, person)
    moves[planned] = False
    tool[moves] = PHONE
    return np.asarray(guest & ~moves)


def _start_times(
    people: People, person: Array, index: Array, count: Array, rng: np.random.Generator
) -> Floats:
    """Waking hours are cut into one slot a session; each starts early enough to end within it."""
    hours_east = np.array([entry[2] for entry in company.COUNTRIES])[people.country[person]]
    wake = ((DAY_START_HOUR - hours_east) % 24) * HOUR
    slot = DAY_HOURS * HOUR / count
    room = slot - LONGEST_SESSION - HOUR
    return wake + index * slot + rng.beta(2.0, 1.6, len(person)) * room


def _logins(
    people: People,
    state: State,
    person: Array,
    tool: Array,
    guest: npt.NDArray[np.bool_],
    *,
    day: int,
    rng: np.random.Generator,
) -> Array:
    """From which event each session carries the login id; a login holds until storage is wiped."""
    wiped = np.flatnonzero(people.cleared_day == day - 1)
    state.logged_in[np.ix_(wiped, np.array(BROWSER_TOOLS))] = False
    can = people.registered_day[person] <= day
    known = state.logged_in[person, tool] & ~guest
    willing = (
        can
        & ~known
        & (rng.random(len(person)) < np.where(tool == SITE, 0.25, 0.8))
        & (tool != SHOP)
    )
    _, first = np.unique(person * 8 + tool, return_index=True)
    is_first = np.zeros(len(person), dtype=bool)
    is_first[first] = True
    willing &= is_first | guest
    stays = willing & ~guest
    state.logged_in[person[stays], tool[stays]] = True
    later = np.where(willing, rng.integers(1, 3, len(person)), NEVER_KNOWN)
    after_login = state.logged_in[person, tool] & ~guest & ~is_first
    return np.where(known | after_login, KNOWN_FROM_START, later)


def _numbers(state: State, person: Array, tool: Array) -> Array:
    """Running number of each person's sessions in the tool."""
    key = person * 8 + tool
    order = np.argsort(key, kind="stable")
    fresh = np.diff(key[order], prepend=-1) != 0
    spot = np.arange(len(key))
    rank = np.empty(len(key), dtype=np.int64)
    rank[order] = spot - np.maximum.accumulate(np.where(fresh, spot, 0)) + 1
    number = state.sessions[person, tool] + rank
    np.maximum.at(state.sessions, (person, tool), number)
    return number


def _channels(
    people: People, person: Array, tool: Array, day: int, rng: np.random.Generator
) -> Array:
    """Traffic source of site and shop sessions; campaigns reach only whom they target."""
    share = np.array([channel.share for channel in company.CHANNELS])
    targeting = np.array([channel.targeting for channel in company.CHANNELS])
    returning = people.birth[person] < day
    drawn = np.empty(len(person), dtype=np.int64)
    for is_returning, barred in ((False, "returning_users"), (True, "new_users")):
        weights = np.where(targeting == barred, 0.0, share)
        chosen = np.flatnonzero(returning == is_returning)
        drawn[chosen] = rng.choice(len(share), len(chosen), p=weights / weights.sum())
    return np.where(np.isin(tool, (SITE, SHOP)), drawn, -1)


def _causes(
    people: People, state: State, person: Array, tool: Array, day: int
) -> npt.NDArray[np.bool_]:
    """The visits of the day that win their person for a trial, one a person."""
    targeting = np.array([channel.targeting for channel in company.CHANNELS])
    barred = np.where(people.birth[person] < day, "new_users", "returning_users")
    cause = state.cause[person]
    fits = (cause >= 0) & (targeting[cause] != barred) & np.isin(tool, (SITE, SHOP))
    fits &= day < state.trial_day[person]
    fits &= uniform(person, salt=1_000 + day) < company.CAUSE_CHANCE
    _, first = np.unique(person[fits], return_index=True)
    wins = np.zeros(len(person), dtype=bool)
    wins[np.flatnonzero(fits)[first]] = True
    return wins


def _with_bots(sessions: Sessions, rng: np.random.Generator) -> Sessions:
    """Crawlers visit the tools that live in a browser."""
    count = rng.binomial(len(sessions), BOT_SHARE)
    tool = rng.choice([WEB, SITE, SHOP], count, p=[0.3, 0.5, 0.2])
    nobody = np.full(count, -1)
    return Sessions(
        person=np.concatenate([sessions.person, nobody]),
        tool=np.concatenate([sessions.tool, tool]),
        device=np.concatenate([sessions.device, rng.integers(0, 2**63, count).astype(np.uint64)]),
        start=np.concatenate([sessions.start, rng.random(count) * 20 * HOUR]),
        known_from=np.concatenate([sessions.known_from, np.full(count, NEVER_KNOWN)]),
        number=np.concatenate([sessions.number, np.ones(count, dtype=np.int64)]),
        channel=np.concatenate([sessions.channel, np.where(tool == WEB, -1, 0)]),
        is_first_of_day=np.concatenate([sessions.is_first_of_day, np.zeros(count, dtype=bool)]),
        is_cause=np.concatenate([sessions.is_cause, np.zeros(count, dtype=bool)]),
    )
