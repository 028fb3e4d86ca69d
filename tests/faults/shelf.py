"""A landing zone of a few users of our own, with a map of people such as dbt makes."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import duckdb

from headwater.landing.contract import load_contract, tables_of
from headwater.landing.write import initialise
from headwater.privacy.people import with_macros
from tests.faults.stage import Stage, require
from tests.known_people import known_people

EVENTS = 5_000


@dataclass
class State:
    """What is there: events by user, receipts of landed files, receipts of erasures."""

    rows: dict[str, int]
    receipts: int
    erasures: int


class Shelf(Stage):
    """`headwater` over rows of our own."""

    @classmethod
    def make(cls, folder: Path, stage_project: Path) -> Shelf:  # type: ignore[override]
        """A shelf on which nothing has landed, with the project of a stage."""
        shelf = cls(folder)
        shelf.warehouse.parent.mkdir(parents=True)
        shelf.project.symlink_to(stage_project)
        initialise(shelf.landing, tables_of(load_contract(stage_project)))
        return shelf

    @property
    def pending(self) -> Path:
        """What says that an erasure is under way."""
        return self.landing / "headwater" / "erasing.json"

    def export(self, user: str, dice: random.Random) -> Path:
        """A file beside the shelf: events of the user, and as many of who stays."""
        file = self.folder.with_name(f"{user}.jsonl")
        with file.open("w", encoding="utf-8") as stream:
            for number in range(2 * EVENTS):
                event = {
                    "event_id": dice.randbytes(16).hex(),
                    "event_type": "save",
                    "user_id": "stays" if number % 2 else user,
                    "device_id": dice.randbytes(16).hex(),
                    "timestamp": "2025-01-01T00:00:00Z",
                }
                stream.write(json.dumps(event) + "\n")
        return file

    def know(self, user: str) -> None:
        """Give the warehouse a map of people that has the user."""
        self.warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(self.warehouse)) as connection:
            with_macros(connection).execute(known_people(f"(1, 'user', '{user}', null, '{user}')"))

    def state(self) -> State:
        """What is there now; every landed file must be readable, and no draft be left."""
        own = self.landing / "headwater"
        drafts = [path for path in self.landing.rglob(".*.parquet.*") if path.is_file()]
        require(not drafts, f"drafts are left: {drafts[:3]}")
        with duckdb.connect() as connection:
            rows = connection.execute(
                f"select user_id, count(*) from '{self.landing}/own/events/*/*.parquet' group by 1"
            ).fetchall()
            for file in self.landing.glob("*/*/**/*.parquet"):
                connection.execute(f"select count(*) from '{file}'")
        erasures = [file for file in (own / "erasures").glob("*.parquet") if file.stem != "empty"]
        receipts = list((own / "receipts").glob("*.json"))
        return State(dict(rows), len(receipts), len(erasures))
