"""The rows of one tool and one day, with what every tool's shape is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headwater.simulate import company
from headwater.simulate.deliver import SECONDS_IN_1969, SECONDS_IN_2999, Deliveries, Flaw
from headwater.simulate.events import Events
from headwater.simulate.ids import Words, fixed_text, hex_text, mix, uniform
from headwater.simulate.kinds import SCROLL_RENAMED, Kind, name_of
from headwater.simulate.people import Array, People
from headwater.simulate.plan import Plan
from headwater.simulate.traffic import Sessions

MICROS = 1_000_000
Mask = npt.NDArray[np.bool_]
NEW_DAYS = 7  # a person is New for this long


@dataclass
class World:
    """What the rows of a day are drawn from; `day_micros` is the day's start since 1970, UTC."""

    people: People
    plan: Plan
    account: Array  # (persons,): the deal whose account the person belongs to, -1 for none
    sessions: Sessions
    events: Events
    day: int
    day_micros: int
    salt: int
    is_renamed: bool  # the site's scrolls come under another name


@dataclass
class Batch:
    """Rows of one tool. Properties are arrays with one element a row, in the order of delivery."""

    world: World
    tool: int
    deliveries: Deliveries

    @property
    def event(self) -> Array:
        """Index of each row's event."""
        return self.deliveries.event

    @cached_property
    def session(self) -> Array:
        """Index of each row's session."""
        return self.world.events.session[self.event]

    @cached_property
    def kind(self) -> Array:
        """What was done."""
        return self.world.events.kind[self.event]

    @cached_property
    def detail(self) -> Array:
        """With what it was done, by kind."""
        return self.world.events.detail[self.event]

    @cached_property
    def person(self) -> Array:
        """Who did it, -1 for bots."""
        return self.world.sessions.person[self.session]

    @cached_property
    def is_bot(self) -> Mask:
        """Rows made by machines."""
        return self.person < 0

    @cached_property
    def is_known(self) -> Mask:
        """Rows that carry the login id."""
        known_from = self.world.sessions.known_from[self.session]
        position = self.world.events.position[self.event]
        return (known_from >= 0) & (position >= known_from) & ~self.has(Flaw.MISSING_IDENTITY)

    def has(self, flaw: Flaw) -> Mask:
        """Rows with a flaw."""
        return np.asarray(self.deliveries.flaw == flaw)

    def is_kind(self, *kinds: Kind) -> Mask:
        """Rows of some kinds."""
        return np.isin(self.kind, kinds)

    @cached_property
    def key(self) -> Words:
        """A number of each event that is the same on each of its copies."""
        return mix(self.event + (self.world.day << 32), salt=self.world.salt)

    @cached_property
    def event_hex(self) -> pa.Array:
        """32 hexadecimal characters for each event."""
        return hex_text(
            self.key, mix(self.event + (self.world.day << 32), salt=self.world.salt + 1)
        )

    @cached_property
    def device_hex(self) -> pa.Array:
        """The device's id, null where the row lost its identity."""
        return only(
            hex_text(self.world.sessions.device[self.session]), ~self.has(Flaw.MISSING_IDENTITY)
        )

    @cached_property
    def user_id(self) -> pa.Array:
        """The login id, null while unknown."""
        return only(user_ids(self.person), self.is_known)

    @cached_property
    def occurred(self) -> Array:
        """When it happened, microseconds since 1970."""
        return self.world.events.at[self.event] + self.world.day_micros

    @cached_property
    def received(self) -> Array:
        """When the tool received it, microseconds since 1970."""
        return self.deliveries.received + self.world.day_micros

    @cached_property
    def skew(self) -> Array:
        """Microseconds by which the device's clock runs ahead, copies as far as the first row."""
        hours = self.trait("skew_hours").astype(np.int64)
        return np.where((self.tool == company.PHONE) & ~self.is_bot, hours * 3600 * MICROS, 0)

    def told_time(self, precision: int = 1) -> pa.Array:
        """The event time as told, flaws included, in steps of `precision` microseconds."""
        told = self.occurred + self.skew
        told = np.where(self.has(Flaw.TIME_IN_1969), SECONDS_IN_1969 * MICROS, told)
        told = np.where(self.has(Flaw.TIME_IN_2999), SECONDS_IN_2999 * MICROS, told)
        return only(timestamps(told // precision * precision), ~self.has(Flaw.MISSING_TIME))

    @cached_property
    def source_name(self) -> pa.Array:
        """The tool's name of the event; of a form, the form's own; null where the row lost it."""
        names = [name_of(kind, self.tool) for kind in Kind] + [
            form.event_name for form in company.FORMS
        ]
        if self.world.is_renamed and self.tool == company.SITE:
            names[Kind.SCROLL] = SCROLL_RENAMED
        code = np.where(self.kind == Kind.FORM, len(Kind) + self.detail, self.kind)
        return coded(names, code, ~self.has(Flaw.MISSING_NAME))

    def trait(self, name: str) -> Array:
        """A property of the person behind each row; of person 0 for bots."""
        values: Array = getattr(self.world.people, name)[np.maximum(self.person, 0)]
        return values

    def of_event(self, salt: int) -> npt.NDArray[np.float64]:
        """A number in [0, 1) for each event that is the same on each of its copies."""
        return uniform(self.key, salt)

    @cached_property
    def surface(self) -> Array:
        """Index of the surface the event happened on."""
        return np.searchsorted(
            np.cumsum(company.SURFACE_SHARES)[:-1], self.of_event(3), side="right"
        )

    @cached_property
    def is_retained(self) -> Mask:
        """Whether the person is past the first week."""
        return self.world.day - self.trait("birth") >= NEW_DAYS

    def account(self) -> Array:
        """Number of the account each row's person belongs to, -1 for none or while unknown."""
        return np.where(self.is_known, self.world.account[np.maximum(self.person, 0)], -1)


def user_ids(person: Array) -> pa.Array:
    """Login ids."""
    return fixed_text("u", person + 100_000)


def emails(person: Array) -> list[str]:
    """E-mail addresses, in a domain that cannot exist."""
    return [f"person{number}@mail.example" for number in person + 100_000]


def only(values: pa.Array, mask: Mask) -> pa.Array:
    """Values where the mask holds, null elsewhere."""
    return pc.if_else(pa.array(mask), values, pa.scalar(None, values.type))


def coded(values: Sequence[str], index: Array, mask: Mask | None = None) -> pa.Array:
    """`values[index]` as a dictionary column, null where the mask does not hold.

    The dictionary holds each text once: Parquet's writer leaves bytes undefined where one repeats.
    """
    place = {value: spot for spot, value in enumerate(dict.fromkeys(values))}
    known = index if mask is None else np.where(mask, index, 0)
    code = np.array([place[value] for value in values], dtype=np.int32)[known]
    codes = pa.array(code, type=pa.int32(), mask=None if mask is None else ~mask)
    return pa.DictionaryArray.from_arrays(codes, pa.array(list(place), type=pa.string()))


def timestamps(micros: Array) -> pa.Array:
    """Microseconds since 1970 as timestamps."""
    return pa.array(micros.astype("datetime64[us]"))


def repeated(value: str | None, size: int) -> pa.Array:
    """The same text in every row."""
    return coded([value or ""], np.zeros(size, dtype=np.int64), np.full(size, value is not None))
