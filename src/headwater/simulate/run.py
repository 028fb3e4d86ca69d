"""`headwater simulate`: one day after the other, from people to files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headwater.landing.contract import Source, tables_of
from headwater.landing.write import SIMULATED_MARKER, initialise
from headwater.simulate import company, people, plan, traffic
from headwater.simulate.ads import advertise
from headwater.simulate.billing import Ledger, bill
from headwater.simulate.company import DESKTOP, PHONE, SHOP, SITE, WEB
from headwater.simulate.crm import sell
from headwater.simulate.deliver import DAY, Deliveries, deliver
from headwater.simulate.entities import land_ledger
from headwater.simulate.events import draw_events
from headwater.simulate.kinds import Kind, name_of
from headwater.simulate.landing_writer import LandingWriter
from headwater.simulate.truth import Truth, persons_table
from headwater.simulate.truth_plan import planned_truth
from headwater.simulate.vendors.apps import amplitude, mixpanel, posthog
from headwater.simulate.vendors.batch import Batch, World
from headwater.simulate.vendors.pixel import Checkout, book_orders, checkouts_of, pixel
from headwater.simulate.vendors.site import ga4

OWN_TOOLS, HELPER_TOOLS = (WEB, SHOP), (PHONE, DESKTOP, SITE)  # about half of the rows each

Progress = Callable[[Iterator[int], int], Iterator[int]]
TRACKED = np.array(
    [[bool(name_of(kind, tool)) for kind in Kind] for tool in range(len(company.TOOLS))]
)
TRACKED[SITE, Kind.FORM] = True


def _silently(days: Iterator[int], count: int) -> Iterator[int]:
    return days


class SimulationError(ValueError):
    """The simulation cannot start; the message names the argument and the remedy."""


@dataclass(frozen=True)
class Settings:
    """Arguments of a simulation; equal settings give equal bytes."""

    scale: float
    days: int
    start: str
    seed: int

    def __post_init__(self) -> None:
        if not 0 < self.scale <= 10:
            raise SimulationError(f"scale must be in (0, 10], got {self.scale}.")
        if not 7 <= self.days <= 1500:
            raise SimulationError(f"days must be in [7, 1500], got {self.days}.")
        try:
            date.fromisoformat(self.start)
        except ValueError as error:
            raise SimulationError(
                f"start must be a day as YYYY-MM-DD, got {self.start!r}."
            ) from error

    @property
    def first_day(self) -> date:
        """The first simulated day."""
        return date.fromisoformat(self.start)


def simulate(
    settings: Settings,
    contract: dict[str, Source],
    root: Path,
    progress: Progress = _silently,
) -> None:
    """Write the landing zone of the simulated company to `root`, and the truth to `root/truth`.

    Args:
        settings: size, horizon and seed.
        contract: the landing contract by source.
        root: landing root; what an earlier simulation wrote there is replaced.
        progress: wraps the iterator over days, given how many there are.

    Raises:
        SimulationError: the folder holds landed data that no simulation wrote.
    """
    _clear(root)
    _mark(root, settings, complete=False)
    initialise(root, tables_of(contract))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as helper:
        others = helper.submit(_simulate_share, settings, contract, root, HELPER_TOOLS)
        with LandingWriter(root, settings.first_day) as writer:
            simulation = _Simulation(settings, contract, writer, OWN_TOOLS)
            simulation.run(progress)
            simulation.write_entities()
        simulation.truth.absorb(others.result())
    simulation.write_truth(root / "truth")
    _mark(root, settings, complete=True)


def _simulate_share(
    settings: Settings, contract: dict[str, Source], root: Path, tools: tuple[int, ...]
) -> Truth:
    """Write some tools' rows, in a process of its own; every process draws the same days."""
    with LandingWriter(root, settings.first_day) as writer:
        simulation = _Simulation(settings, contract, writer, tools)
        simulation.run()
    return simulation.truth


class _Simulation:
    """The state of one run."""

    def __init__(
        self,
        settings: Settings,
        contract: dict[str, Source],
        writer: LandingWriter,
        tools: tuple[int, ...],
    ) -> None:
        self.settings, self.contract, self.writer = settings, contract, writer
        self.tables = {
            tool: contract[company.TOOLS[tool]].tables[company.TOOL_TABLES[tool]] for tool in tools
        }
        self.epoch_day = (settings.first_day - date(1970, 1, 1)).days
        self.traffic = company.season(self.epoch_day + np.arange(settings.days))
        rng = self._rng(0)
        births = rng.poisson(company.NEW_PER_DAY * settings.scale * self.traffic)
        self.people = people.draw(settings.days, births, settings.scale, rng)
        self.plan = plan.draw(self.people, self.traffic, settings.scale, rng)
        self.account = np.full(len(self.people), -1)
        sold = self.plan.deals.fill >= 0
        self.account[self.plan.deals.person[sold]] = np.flatnonzero(sold)
        self.state = traffic.State.of(self.people, self.plan.fills)
        self.truth = Truth(settings.first_day, settings.days)
        self.orders = Ledger()
        self.visits_by_channel = np.zeros((settings.days, len(company.CHANNELS)), dtype=np.int64)

    def _rng(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self.settings.seed, stream])

    def run(self, progress: Progress = _silently) -> None:
        """Simulate every day."""
        for day in progress(iter(range(self.settings.days)), self.settings.days):
            world = self._draw(day)
            batches = self._deliver(world)
            self.truth.add_sessions(world, batches)
            for batch in batches:
                self.truth.add_active(batch)
            self.truth.close_days(self.epoch_day + day)
            for table in self.tables.values():
                if landed := self.writer.land(table, day):
                    self.truth.landed.append(landed)
        self.truth.close_days(self.epoch_day + self.settings.days)

    def write_entities(self) -> None:
        """Write billing, CRM, orders and ads; they follow from the days that `run` has drawn."""
        days, seed = self.settings.days, self.settings.seed
        self.billing = bill(self.plan.deals, days, seed, self.epoch_day)
        ledgers = {
            "stripe": self.billing,
            "pipedrive": sell(self.plan, days, seed, self.epoch_day),
            "shopify": self.orders,
            "": advertise(self.visits_by_channel, self.epoch_day, self._rng(2_000_000)),
        }
        for source, ledger in ledgers.items():
            land_ledger(ledger, source, self.contract, self.writer, days)

    def write_truth(self, folder: Path) -> None:
        """Write the truth, once it is whole."""
        seen = self.state.sessions.sum(axis=1) > 0
        planned = planned_truth(
            self.plan,
            self.billing,
            self.truth.first_exposures(),
            self.settings.first_day,
            self.settings.days,
        )
        self.truth.write(folder, {"persons": persons_table(self.people, seen)} | planned)

    def _draw(self, day: int) -> World:
        """One day's sessions and events."""
        rng = self._rng(1 + day)
        visits = self.plan.visits.on(day)
        returning = (company.ACTIVE_PER_DAY - company.NEW_PER_DAY) * self.settings.scale
        sessions, place = traffic.draw_sessions(
            self.people, self.state, visits, day, target=returning * self.traffic[day], rng=rng
        )
        events = draw_events(
            self.people, sessions, visits, place, day=day, days=self.settings.days, rng=rng
        )
        micros = (self.epoch_day + day) * DAY
        renamed = day >= self.settings.days - company.RENAMED_DAYS
        return World(
            self.people,
            self.plan,
            self.account,
            sessions,
            events,
            day,
            micros,
            self.settings.seed,
            renamed,
        )

    def _deliver(self, world: World) -> list[Batch]:
        """Hand each tool's rows to the writer."""
        rng = self._rng(100_000 + world.day)
        arrived = deliver(world.people, world.sessions, world.events, self._untracked(world), rng)
        tool = world.sessions.tool[world.events.session[arrived.event]]
        checkouts = checkouts_of(world.sessions, world.events, world.day)
        book_orders(self.orders, checkouts, world.day, self.epoch_day)
        channel = world.sessions.channel[(world.sessions.channel >= 0) & ~world.sessions.is_bot]
        self.visits_by_channel[world.day] = np.bincount(channel, minlength=len(company.CHANNELS))
        batches = []
        for index, table in self.tables.items():
            chosen = np.flatnonzero(tool == index)
            chosen = chosen[np.argsort(arrived.received[chosen] // DAY, kind="stable")]
            rows = Deliveries(arrived.event[chosen], arrived.received[chosen], arrived.flaw[chosen])
            batch = Batch(world, index, rows)
            columns = _render(batch, checkouts)
            self.writer.add(
                table, pa.table(columns), self.truth.landed_day(batch), rows.flaw, batch.occurred
            )
            batches.append(batch)
        return batches

    def _untracked(self, world: World) -> npt.NDArray[np.bool_]:
        """Events that never arrive: acts the tool does not track, and those lost in the outage."""
        tool = world.sessions.tool[world.events.session]
        lost = ~TRACKED[tool, world.events.kind]
        outage = round(company.OUTAGE_START_SHARE * self.settings.days)
        if outage <= world.day < outage + company.OUTAGE_DAYS:
            person = world.sessions.person[world.events.session]
            lost |= (tool == PHONE) & (world.events.kind == Kind.SAVE) & people.is_android(person)
        return lost


def _render(batch: Batch, checkouts: list[Checkout]) -> dict[str, pa.Array]:
    """The batch in the shape of its tool."""
    if batch.tool == SHOP:
        return pixel(batch, checkouts)
    return {WEB: amplitude, PHONE: mixpanel, DESKTOP: posthog, SITE: ga4}[batch.tool](batch)


def _mark(root: Path, settings: Settings, complete: bool) -> None:
    """Say in the landing root itself that its data is simulated."""
    root.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(settings) | {"complete": complete}, indent=2)
    (root / SIMULATED_MARKER).write_text(text + "\n", encoding="utf-8")


def _clear(root: Path) -> None:
    """Remove an earlier simulation; refuse when anything else has landed beside it."""
    truth = root / "truth"
    landed = [file for file in root.rglob("*.parquet") if truth not in file.parents]
    others = [file for file in landed if not _is_simulated(file)]
    if others:
        raise SimulationError(
            f"{root} holds landed data, {others[0]} among it. Simulated rows must not mix with it: "
            "choose another folder with --to."
        )
    for file in landed:
        file.unlink()
    if (root / SIMULATED_MARKER).exists() and truth.exists():
        shutil.rmtree(truth)


def _is_simulated(file: Path) -> bool:
    return file.name == "empty.parquet" or file.name.startswith("simulated-")


def settings_of(root: Path) -> dict[str, Any] | None:
    """The settings that a landing root was simulated with, None if it was not simulated."""
    marker = root / SIMULATED_MARKER
    return json.loads(marker.read_text(encoding="utf-8")) if marker.exists() else None
