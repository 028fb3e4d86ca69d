"""The truth behind the exports, gathered as it happens, written to `truth/`; no model reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.simulate import company
from headwater.simulate.deliver import DAY, REJECT_REASONS, Flaw
from headwater.simulate.ids import Words, hex_text, join, mix
from headwater.simulate.kinds import Kind
from headwater.simulate.landing_writer import LandedFlaws
from headwater.simulate.people import Array, People
from headwater.simulate.traffic import KNOWN_FROM_START, Sessions
from headwater.simulate.vendors.batch import Batch, World, timestamps, user_ids

CLOCK_TOLERANCE = 300_000_000  # a time this far ahead of its arrival is the device clock's error


@dataclass
class Truth:
    """What truly happened, as lists that grow by the day."""

    start: date
    days: int
    sessions: list[pa.Table] = field(default_factory=list)
    landed: list[LandedFlaws] = field(default_factory=list)
    exposures: list[tuple[Array, Array, Array]] = field(default_factory=list)
    _seen: dict[int, list[tuple[Array, Words]]] = field(default_factory=dict)
    _closed: dict[int, list[tuple[Array, Words]]] = field(default_factory=dict)

    def add_sessions(self, world: World, deliveries: list[Batch]) -> None:
        """Note a day's sessions and exposures; intact are those whose rows all landed unharmed."""
        sessions, events = world.sessions, world.events
        harmed = np.zeros(len(sessions), dtype=bool)
        arrived = np.zeros(len(events.at), dtype=bool)
        for batch in deliveries:
            bad = np.isin(batch.deliveries.flaw, [*REJECT_REASONS, Flaw.CLOCK_SKEW])
            bad |= self.landed_day(batch) >= self.days
            harmed[batch.session[bad]] = True
            arrived[batch.event] = True
        harmed[events.session[~arrived]] = True
        harmed |= _shared_on_the_day(sessions)
        exposed = np.flatnonzero(events.kind == Kind.EXPOSURE)
        person = sessions.person[events.session[exposed]]
        self.exposures.append((person, events.detail[exposed], np.full(len(exposed), world.day)))
        first, last = _bounds(events.session, len(sessions))
        number = np.arange(len(sessions))
        table = pa.table(
            {
                "source_name": pa.array(company.TOOLS).take(pa.array(sessions.tool)),
                "device_id": vendor_devices(sessions.tool, sessions.device),
                "person": pa.array(sessions.person),
                "started_at": timestamps(events.at[first] + world.day_micros),
                "ended_at": timestamps(events.at[last] + world.day_micros),
                "event_count": pa.array(np.bincount(events.session, minlength=len(number))),
                "campaign_id": _campaigns(sessions),
                "traffic_source": _of_channels([c.source for c in company.CHANNELS], sessions),
                "traffic_medium": _of_channels([c.medium for c in company.CHANNELS], sessions),
                "activity_date": pa.repeat(
                    pa.scalar(self.start + timedelta(days=world.day)), len(number)
                ),
                "is_new_person": pa.array(_is_new(world)),
                "is_bot": pa.array(sessions.is_bot),
                "is_intact": pa.array(~harmed),
                "is_cause": pa.array(sessions.is_cause),
                "is_known": pa.array(sessions.known_from == KNOWN_FROM_START),
            }
        )
        own = np.isin(sessions.tool, [batch.tool for batch in deliveries])
        self.sessions.append(table.filter(pa.array(own)))

    def add_active(self, batch: Batch) -> None:
        """Note who is seen by a tool on which day: by login or customer number, else by device."""
        fine = ~np.isin(batch.deliveries.flaw, [*REJECT_REASONS, Flaw.DUPLICATE])
        fine &= (self.landed_day(batch) < self.days) & ~batch.is_bot
        day = accepted_time(batch)[fine] // DAY
        device = batch.world.sessions.device[batch.session]
        key = np.where(batch.is_known, mix(batch.person, salt=29), device)
        customer = (batch.tool == company.SHOP) & (batch.kind == Kind.ORDER)
        key = np.where(customer, mix(batch.person, salt=43), key)[fine]
        for value in np.unique(day):
            on_day = np.unique(key[day == value])
            tool = np.full(len(on_day), batch.tool)
            self._seen.setdefault(int(value), []).append((tool, on_day))

    def close_days(self, before: int) -> None:
        """Merge what was noted of days (since 1970) before this one: no more can come for them."""
        for day in [value for value in self._seen if value < before]:
            tool, key = _stacked(self._seen.pop(day))
            order = np.lexsort((key, tool))
            tool, key = tool[order], key[order]
            fresh = (np.diff(tool, prepend=-1) != 0) | (
                np.diff(key, prepend=key[:1] + np.uint64(1)) != 0
            )
            self._closed.setdefault(day, []).append((tool[fresh], key[fresh]))

    def absorb(self, other: Truth) -> None:
        """Take in what another process noted of the other tools on the same days."""
        self.sessions += other.sessions
        self.landed += other.landed
        for day, parts in other._closed.items():
            self._closed.setdefault(day, []).extend(parts)

    def _active_ids(self) -> pa.Table:
        rows = []
        for day, parts in sorted(self._closed.items()):
            tool, key = _stacked(parts)
            row: dict[str, object] = {"event_date": date(1970, 1, 1) + timedelta(days=day)}
            row["active_count"] = len(np.unique(key))
            row |= {f"{name}_count": int((tool == i).sum()) for i, name in enumerate(company.TOOLS)}
            rows.append(row)
        return pa.Table.from_pylist(rows)

    def first_exposures(self) -> tuple[Array, Array, Array]:
        """Person, experiment * 8 + variant, and day of each first exposure."""
        person, code, day = (np.concatenate([part[i] for part in self.exposures]) for i in range(3))
        _, first = np.unique(person * 64 + code, return_index=True)
        return person[first], code[first], day[first]

    def landed_day(self, batch: Batch) -> Array:
        """Day of the horizon on which each row lands."""
        return batch.world.day + batch.deliveries.received // DAY

    def write(self, folder: Path, tables: dict[str, pa.Table]) -> None:
        """Write everything gathered, and the given tables beside it, one Parquet file each."""
        folder.mkdir(parents=True, exist_ok=True)
        gathered = {
            "sessions": pa.concat_tables(self.sessions),
            "active_ids_by_day": self._active_ids(),
            "landed_rows": self._landed_rows(),
            "flawed_rows": self._flawed_rows(),
        }
        for name, table in (gathered | tables).items():
            pq.write_table(
                table, folder / f"{name}.parquet", compression="zstd", store_schema=False
            )

    def _landed_rows(self) -> pa.Table:
        return pa.Table.from_pylist(
            [
                {
                    "source_name": entry.source,
                    "landed_date": entry.landed_date,
                    "landed_count": entry.row_count,
                    "event_count": entry.row_count
                    - entry.rejected_count
                    - entry.count(Flaw.DUPLICATE),
                    "duplicate_count": entry.count(Flaw.DUPLICATE),
                    "rejected_count": entry.rejected_count,
                    "late_count": entry.count(Flaw.LATE),
                    "out_of_order_count": entry.out_of_order_count,
                }
                for entry in self.landed
            ]
        )

    def _flawed_rows(self) -> pa.Table:
        names = pa.array([flaw.name.lower() for flaw in Flaw])
        reasons = pa.array([REJECT_REASONS.get(flaw) for flaw in Flaw], type=pa.string())
        parts = []
        for entry in self.landed:
            flaw, size = pa.array(entry.flaw), len(entry.flaw)
            parts.append(
                pa.table(
                    {
                        "source_name": pa.repeat(entry.source, size),
                        "landed_date": pa.repeat(pa.scalar(entry.landed_date), size),
                        "file_name": pa.repeat(entry.file_name, size),
                        "row_number": pa.array(entry.row_number),
                        "flaw": names.take(flaw),
                        "reject_reason": reasons.take(flaw),
                    }
                )
            )
        return pa.concat_tables(parts)


def accepted_time(batch: Batch) -> Array:
    """Event times in microseconds since 1970 as a reader should take them.

    A time ahead of its arrival by more than the tolerance is the clock's error: arrival replaces
    it.
    """
    told = batch.occurred + batch.skew
    return np.where(told > batch.received + CLOCK_TOLERANCE, batch.received, told)


def vendor_devices(tool: Array, device: Words) -> pa.Array:
    """Device ids as each tool writes them."""
    pseudo = join(
        pa.array((device >> np.uint64(33)).astype(np.int64)).cast(pa.string()), ".1700000000"
    )
    return pc.if_else(pa.array(tool == company.SITE), pseudo, hex_text(device))


def persons_table(people: People, seen: npt.NDArray[np.bool_]) -> pa.Table:
    """One row per person who was seen, with the ids that belong together."""
    number = np.flatnonzero(seen)
    return pa.table(
        {
            "person": pa.array(number),
            "user_id": user_ids(number),
            "email": pc.binary_join_element_wise(
                "person", pa.array(number + 100_000).cast(pa.string()), "@mail.example", ""
            ),
            "first_day": pa.array(people.birth[number]),
            "registered_day": pa.array(people.registered_day[number]),
            "shares_browser_with": pa.array(people.shares_with[number]),
            "cleared_storage_day": pa.array(people.cleared_day[number]),
            "clock_skew_hours": pa.array(people.skew_hours[number]),
            "user_intent": pa.array(company.INTENTS).take(pa.array(people.intent[number])),
            "content_category": pa.array(company.CATEGORIES).take(
                pa.array(people.category[number])
            ),
            "country": pa.array([c[0] for c in company.COUNTRIES]).take(
                pa.array(people.country[number])
            ),
        }
    )


def _campaigns(sessions: Sessions) -> pa.Array:
    """Campaign that brought each session, null without one."""
    numbers = np.array([channel.campaign_id for channel in company.CHANNELS])
    number = np.where(sessions.channel >= 0, numbers[sessions.channel], 0)
    return pa.array(number, mask=number == 0)


def _of_channels(values: list[str], sessions: Sessions) -> pa.Array:
    """What holds of the channel of each session, null in the apps."""
    return pa.array(values).take(pa.array(sessions.channel, mask=sessions.channel < 0))


def _is_new(world: World) -> npt.NDArray[np.bool_]:
    """Whether each session is of a person whose first day it is."""
    person = np.maximum(world.sessions.person, 0)
    return np.asarray((world.people.birth[person] == world.day) & ~world.sessions.is_bot)


def _shared_on_the_day(sessions: Sessions) -> npt.NDArray[np.bool_]:
    """Sessions on a device that two people used on the day: theirs may run into one another."""
    pairs = np.unique(np.stack([sessions.device, sessions.person.astype(np.uint64)]), axis=1)
    device, users = np.unique(pairs[0], return_counts=True)
    return np.isin(sessions.device, device[users > 1])


def _stacked(parts: list[tuple[Array, Words]]) -> tuple[Array, Words]:
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _bounds(session: Array, count: int) -> tuple[Array, Array]:
    """Index of each session's first and last event; events are in order of session."""
    number = np.arange(count)
    return np.searchsorted(session, number), np.searchsorted(session, number, side="right") - 1
