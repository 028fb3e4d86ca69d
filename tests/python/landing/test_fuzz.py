"""Ten thousand mutated records of every event tool: each lands or is named, and all build."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from tests.python.conftest import build, query
from tests.python.vendor_records import SHARES

RECORDS = 10_000
ODD_VALUES: list[Any] = [
    None, True, "", " ", "null", "NaN", "\u0000", "\ud83d", "💥" * 50, "x" * 5_000, 0, -1, 1e308,
    -1e-308, 2**63, 10**40, 0.1 + 0.2, [], [[]], [None], {}, {"": {}}, {"value": {"value": []}},
]  # fmt: skip
ODD_DATES = [
    "0000-00-00", "2025-02-30", "2025-13-01T00:00:00Z", "9999-12-31", "1969-12-31T23:59:59Z",
    "2025-03-01 10:00:00 Europe/Berlin", "2025-03-01T10:00:00+99:00", "infinity", "-infinity",
    "20250301", "1740823200.123456", 1740823200123456789, -62135596801, 253402300800,
]  # fmt: skip


def mutate(record: dict[str, Any], dice: random.Random) -> bytes:
    """One to three things go wrong with a record; its line, which may be no JSON any more."""
    for _ in range(dice.randint(1, 3)):
        dice.choice(MUTATIONS)(record, dice)
    line = json.dumps(record, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
    if dice.random() < 0.05:
        place = dice.randrange(len(line))
        line = line[:place] + dice.choice([b"\xff", b"\xc3", b"", b"}", b'"']) + line[place + 1 :]
    return line.replace(b"\n", b" ") + b"\n"


def places(record: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every field of a record, those of objects in it as well."""
    for key, value in record.items():
        yield record, key
        if isinstance(value, dict):
            yield from places(value)


def drop(record: dict[str, Any], dice: random.Random) -> None:
    parent, key = dice.choice(list(places(record)) or [(record, "")])
    parent.pop(key, None)


def swap_type(record: dict[str, Any], dice: random.Random) -> None:
    parent, key = dice.choice(list(places(record)) or [(record, "new")])
    parent[key] = dice.choice(ODD_VALUES)


def odd_date(record: dict[str, Any], dice: random.Random) -> None:
    fields = [(parent, key) for parent, key in places(record) if "time" in key] or [
        (record, "time")
    ]
    parent, key = dice.choice(fields)
    parent[key] = dice.choice(ODD_DATES)


def nest(record: dict[str, Any], dice: random.Random) -> None:
    parent, key = dice.choice(list(places(record)) or [(record, "new")])
    parent[key] = dice.choice([{key: parent.get(key)}, [parent.get(key)], json.dumps([key])])


def rename(record: dict[str, Any], dice: random.Random) -> None:
    parent, key = dice.choice(list(places(record)) or [(record, "new")])
    parent[dice.choice([key.upper(), "$" + key, key + ".x", "", '"'])] = parent.pop(key, None)


MUTATIONS: list[Callable[[dict[str, Any], random.Random], None]] = [
    drop, swap_type, odd_date, nest, rename,
]  # fmt: skip


@pytest.fixture(scope="module")
def outcome(
    tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]
) -> tuple[Path, dict[str, tuple[int, int]]]:
    """Warehouse, and rows landed and rejected on landing, by source."""
    folder = tmp_path_factory.mktemp("fuzz")
    root = folder / "landing"
    initialise(root, tables_of(contract))
    rejects = contract["headwater"].tables["rejected_rows"]
    found = {}
    for source, share in SHARES.items():
        dice = random.Random(source)
        file = folder / f"{source}.jsonl"
        numbers = (dice.randrange(RECORDS * 50) for _ in range(RECORDS))
        lines = (mutate(share(n % 60, f"u{n // 60}"), dice) for n in numbers)
        file.write_bytes(b"".join(lines))
        (report,) = land_files(contract[source], [file], root, rejects)
        found[source] = sum(report.landed.values()), sum(report.rejected.values())
    return build(root, folder), found


@pytest.mark.parametrize("source", SHARES)
def test_every_record_lands_or_is_named(
    outcome: tuple[Path, dict[str, tuple[int, int]]], source: str
) -> None:
    landed, rejected = outcome[1][source]
    assert landed + rejected == RECORDS
    assert min(landed, rejected) > 100


def test_what_landed_is_accepted_a_copy_or_rejected(
    outcome: tuple[Path, dict[str, tuple[int, int]]],
) -> None:
    warehouse, found = outcome
    rows = query(
        """
        select
            source_name,
            sum(landed_count),
            sum(event_count + duplicate_count + rejected_count),
            sum(event_count),
            sum(rejected_count)
        from marts.landed_rows_by_day
        group by 1
        """,
        warehouse,
    )
    counts = {source: values for source, *values in rows}
    assert counts.keys() == found.keys()
    for source, (landed, _) in found.items():
        in_landing, sorted_in, events, rejected = counts[source]
        assert (in_landing, sorted_in) == (landed, landed), source
        assert events > RECORDS / 4, source
        assert rejected > 100, source
