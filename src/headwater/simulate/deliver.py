"""From what happened to what arrived: uploads that are late, doubled, skewed or broken.

Every flaw planted here carries a code, so that truth can list the row it ended up in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from headwater.simulate.company import PHONE, WEB
from headwater.simulate.events import Events
from headwater.simulate.kinds import Kind
from headwater.simulate.people import Array, People
from headwater.simulate.traffic import Sessions

MICROS = 1_000_000
DAY = 86_400 * MICROS
LATE_SHARE, DOUBLED_SHARE, BROKEN_SHARE = 0.02, 0.01, 0.001
LATEST_HOURS = 72
LOST_ORDER_SHARE = 0.02


class Flaw(IntEnum):
    """What is wrong with a delivered row. A row has one at most.

    A copy is a copy whatever else it is; of the others a broken row wins over a bot's, that over a
    skewed clock, and that over a late arrival.
    """

    NONE = 0
    DUPLICATE = 1
    MISSING_NAME = 2
    MISSING_TIME = 3
    TIME_IN_1969 = 4
    TIME_IN_2999 = 5
    MISSING_IDENTITY = 6
    LATE = 7
    CLOCK_SKEW = 8
    BOT = 9


REJECT_REASONS = {
    Flaw.MISSING_NAME: "missing_event_name",
    Flaw.MISSING_TIME: "missing_time",
    Flaw.TIME_IN_1969: "time_out_of_range",
    Flaw.TIME_IN_2999: "time_out_of_range",
    Flaw.MISSING_IDENTITY: "missing_identity",
}
_REJECTED = np.array([int(flaw) for flaw in REJECT_REASONS])
SECONDS_IN_1969, SECONDS_IN_2999 = -86_400 * 30, 32_472_144_000


@dataclass
class Deliveries:
    """Rows as they arrive, each array of shape (rows,).

    `event` indexes the day's events; `received` is in microseconds from the day's start, UTC.
    """

    event: Array
    received: Array
    flaw: Array


def deliver(
    people: People,
    sessions: Sessions,
    events: Events,
    lost: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> Deliveries:
    """Decide for each event of a day when its row arrives, and what goes wrong.

    Args:
        people: the population; skewed clocks are theirs.
        sessions: of the day.
        events: of the day.
        lost: events that never arrive because tracking is down, shape (events,).
        rng: source of randomness.
    """
    count = len(events.at)
    received = events.at + _upload_delays(sessions.tool[events.session], rng)
    late = rng.random(count) < LATE_SHARE
    hours = rng.uniform(1.0, LATEST_HOURS, count)
    received = np.where(late, received + (hours * 3600 * MICROS).astype(np.int64), received)

    person = sessions.person[events.session]
    on_phone = sessions.tool[events.session] == PHONE
    skewed = on_phone & (person >= 0) & (people.skew_hours[person] > 0)
    broken = rng.random(count) < BROKEN_SHARE
    flaw = np.where(skewed, Flaw.CLOCK_SKEW, np.where(late, Flaw.LATE, Flaw.NONE))
    flaw = np.where(person < 0, Flaw.BOT, flaw)
    flaw = np.where(broken, rng.choice(_REJECTED, count), flaw)

    # Shopify's last page sometimes fails to load: the order exists, its pixel event does not.
    lost = lost | ((events.kind == Kind.ORDER) & (rng.random(count) < LOST_ORDER_SHARE))
    arrives = np.flatnonzero(~lost)
    again = np.flatnonzero((rng.random(count) < DOUBLED_SHARE) & ~broken & ~lost)
    delay = _copy_delays(len(again), rng)
    return Deliveries(
        event=np.concatenate([arrives, again]),
        received=np.concatenate([received[arrives], received[again] + 1 + delay]),
        flaw=np.concatenate([flaw[arrives], np.full(len(again), int(Flaw.DUPLICATE))]),
    )


def _copy_delays(count: int, rng: np.random.Generator) -> Array:
    """Most copies follow within seconds, the others within 30 hours; in microseconds."""
    longest = np.where(rng.random(count) < 0.7, 5.0, 30 * 3600.0)
    return (longest * rng.random(count) * MICROS).astype(np.int64)


def _upload_delays(tool: Array, rng: np.random.Generator) -> Array:
    """Browsers send within seconds, phones and desktops in batches; in microseconds."""
    mean = np.where(tool == WEB, 2.0, np.where(tool == PHONE, 40.0, 10.0))
    return ((rng.exponential(1.0, len(tool)) * mean + 0.05) * MICROS).astype(np.int64)
