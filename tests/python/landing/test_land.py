"""Export files of every format into a small landing zone; expected values are worked by hand."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.landing.contract import ContractError, Source, load_contract
from headwater.landing.land import FileReport, LandingError, land_files
from headwater.landing.write import initialise
from tests.python.conftest import query

CONTRACT = """
sources:
  - name: tool
    config: {meta: {unwrap: [data.object, results, "named.*"]}}
    tables:
      - name: events
        config: {meta: {partitioned: true, recognised_by: [event]}}
        columns:
          - {name: event, data_type: varchar}
          - {name: at, data_type: timestamp, config: {meta: {from: [time, properties.time]}}}
          - {name: device, data_type: varchar, config: {meta: {from: [properties.$device]}}}
          - {name: amount, data_type: "decimal(18, 6)"}
          - {name: times, data_type: bigint}
          - {name: is_new, data_type: boolean}
          - {name: on_day, data_type: date}
          - {name: ratio, data_type: double}
          - {name: mail, data_type: varchar, config: {meta: {from: [mails.0.value]}}}
          - {name: params, data_type: json, config: {meta: {key_value: true}}}
          - {name: properties, data_type: json, config: {meta: {rest_of: properties}}}
      - name: orders
        config: {meta: {recognised_by: {object: order}}}
        columns:
          - {name: id, data_type: varchar}
          - {name: currency, data_type: varchar}
      - name: lines
        config: {meta: {nested_in: {table: orders, path: items.data}}}
        columns:
          - {name: id, data_type: varchar}
          - {name: order_id, data_type: varchar, config: {meta: {from: [order, ^.id]}}}
          - {name: quantity, data_type: bigint}
  - name: headwater
    tables:
      - name: rejected_rows
        config: {meta: {partitioned: true}}
        columns:
          - {name: source_name, data_type: varchar}
          - {name: table_name, data_type: varchar}
          - {name: reason, data_type: varchar}
          - {name: field, data_type: varchar}
          - {name: detail, data_type: varchar}
          - {name: payload, data_type: varchar}
"""
LANDED_AT = datetime(2025, 3, 4, 23, 30, tzinfo=UTC)


class Zone:
    """A landing zone of its own for each test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "landing"
        definition = folder / "models" / "staging" / "tool" / "_sources.yml"
        definition.parent.mkdir(parents=True)
        definition.write_text(CONTRACT)
        self.contract: dict[str, Source] = load_contract(folder)

    def file(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def land(self, *files: Path, table: str | None = None) -> list[FileReport]:
        rejects = self.contract["headwater"].tables["rejected_rows"]
        tool = self.contract["tool"]
        return list(land_files(tool, files, self.root, rejects, table, landed_at=LANDED_AT))

    def rows(self, table: str, source: str = "tool") -> list[dict[str, Any]]:
        files = sorted((self.root / source / table).rglob("*.parquet"))
        return [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]

    def rejects(self) -> list[tuple[str, int, str | None]]:
        rows = self.rows("rejected_rows", "headwater")
        return [(row["reason"], row["_row"], row["field"]) for row in rows]


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    return Zone(tmp_path)


def line(**fields: object) -> str:
    return json.dumps({"event": "save", **fields}) + "\n"


def test_a_row_is_typed_and_says_where_it_came_from(zone: Zone) -> None:
    text = line(
        time="2025-01-02T03:04:05.123456+02:00",
        properties={"$device": "d1", "plan": "pro"},
        amount="19.99",
        times="3",
        is_new="true",
        on_day="20250102",
        ratio=0.5,
        colour="red",
    )
    (report,) = zone.land(zone.file("export.jsonl", "\n" + text))
    assert (report.landed, report.rejected) == ({"events": 1}, {})
    (row,) = zone.rows("events")
    assert row.pop("_file").startswith("export.jsonl#")
    assert json.loads(row.pop("properties")) == {"plan": "pro"}
    assert row == {
        "event": "save",
        "at": datetime(2025, 1, 2, 1, 4, 5, 123456),
        "device": "d1",
        "amount": Decimal("19.99"),
        "times": 3,
        "is_new": True,
        "on_day": date(2025, 1, 2),
        "ratio": 0.5,
        "mail": None,
        "params": None,
        "_extra": '{"colour":"red"}',
        "_landed_at": datetime(2025, 3, 4, 23, 30),
        "_row": 2,
    }
    assert [path.name for path in (zone.root / "tool" / "events").iterdir()] == [
        "landed_date=2025-03-04"
    ]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (1721228056.002, datetime(2024, 7, 17, 14, 54, 16, 2000)),
        (1623860880, datetime(2021, 6, 16, 16, 28)),
        ("1623886083321", datetime(2021, 6, 16, 23, 28, 3, 321000)),
        (1611798022695757, datetime(2021, 1, 28, 1, 40, 22, 695757)),
        (-2592000, datetime(1969, 12, 2)),
        ("2999-01-01 00:00:00", datetime(2999, 1, 1)),
        ("2026-01-10 12:00:00.123456", datetime(2026, 1, 10, 12, 0, 0, 123456)),
        ("2025-04-24T00:00:00Z", datetime(2025, 4, 24)),
    ],
)
def test_times_are_read_by_their_size_and_zone(
    zone: Zone, time: object, expected: datetime
) -> None:
    zone.land(zone.file("export.jsonl", line(time=time)))
    assert [row["at"] for row in zone.rows("events")] == [expected]


def test_key_and_value_lists_become_one_object(zone: Zone) -> None:
    params = [
        {"key": "page", "value": {"string_value": 'a "b"'}},
        {"key": "session", "value": {"int_value": "1617691775", "string_value": None}},
        {"key": "share", "value": {"double_value": 0.25}},
        {"key": "empty", "value": {}},
    ]
    zone.land(zone.file("a.jsonl", line(params=params) + line(params={"page": "b"})))
    assert [json.loads(row["params"]) for row in zone.rows("events")] == [
        {"page": 'a "b"', "session": 1617691775, "share": 0.25, "empty": None},
        {"page": "b"},
    ]


def test_an_object_that_a_loader_stored_as_text_is_opened(zone: Zone) -> None:
    zone.land(zone.file("a.jsonl", line(properties='{"$device": "d7", "n": 1}')))
    (row,) = zone.rows("events")
    assert (row["device"], row["properties"], row["_extra"]) == ("d7", '{"n":1}', None)


def test_lists_are_read_by_index(zone: Zone) -> None:
    zone.land(zone.file("a.jsonl", line(mails=[{"value": "x@y.example"}]) + line(mails=[])))
    assert [row["mail"] for row in zone.rows("events")] == ["x@y.example", None]
    assert [row["_extra"] for row in zone.rows("events")] == [None, None]


def test_nested_rows_land_in_their_own_table_with_their_parent(zone: Zone) -> None:
    order = {
        "object": "order",
        "id": "o1",
        "currency": "eur",
        "items": {
            "data": [{"id": "l1", "quantity": 2}, {"id": "l2", "order": "o9", "quantity": 1}]
        },
    }
    envelope = {"id": "evt", "data": {"object": order}}
    (report,) = zone.land(zone.file("hook.json", json.dumps(envelope)))
    assert report.landed == {"orders": 1, "lines": 2}
    lines = [(row["id"], row["order_id"], row["quantity"]) for row in zone.rows("lines")]
    assert lines == [("l1", "o1", 2), ("l2", "o9", 1)]
    assert [row["_extra"] for row in zone.rows("orders")] == [None]


def records(count: int) -> list[dict[str, object]]:
    return [{"event": "save", "times": number} for number in range(count)]


def as_zip_of_gzip(texts: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, gzip.compress(text.encode()))
    return packed.getvalue()


def as_parquet(columns: dict[str, Any]) -> bytes:
    packed = io.BytesIO()
    pq.write_table(pa.table(columns), packed)
    return packed.getvalue()


LINES = "".join(json.dumps(record) + "\n" for record in records(3))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", LINES.encode()),
        ("a.json", LINES.encode()),
        ("a.jsonl", b"\xef\xbb\xbf" + LINES.replace("\n", "\r\n").encode()),
        ("a.jsonl", LINES.rstrip("\n").encode()),
        ("a.json", json.dumps(records(3), indent=1).encode()),
        ("a.json", json.dumps({"next": None, "results": records(3)}, indent=1).encode()),
        ("a.json", json.dumps({"named": {str(n): r for n, r in enumerate(records(3))}}).encode()),
        ("a.jsonl.gz", gzip.compress(LINES.encode())),
        ("a.json.gz", gzip.compress(json.dumps(records(3)).encode())),
        ("a.zip", as_zip_of_gzip({"x/0.json.gz": LINES, "x/1.json.gz": ""})),
        ("a.csv", b"event,times\nsave,0\nsave,1\nsave,2\n"),
        ("a.parquet", as_parquet({"event": ["save"] * 3, "times": [0, 1, 2]})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_format_gives_the_same_rows(zone: Zone, name: str, content: bytes) -> None:
    (report,) = zone.land(zone.file(name, content))
    assert report.landed == {"events": 3}
    assert [(row["event"], row["times"]) for row in zone.rows("events")] == [
        ("save", 0),
        ("save", 1),
        ("save", 2),
    ]
    assert [row["_row"] for row in zone.rows("events")] == [1, 2, 3]


def test_landing_twice_lands_once(zone: Zone) -> None:
    file = zone.file("a.jsonl", LINES + "broken\n")
    (first,) = zone.land(file)
    (second,) = zone.land(zone.file("same-content.jsonl", LINES + "broken\n"))
    assert (first.is_repeated, second.is_repeated) == (False, True)
    assert (len(zone.rows("events")), len(zone.rejects())) == (3, 1)


def test_a_run_killed_between_two_renames_is_completed_by_the_next(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = {"object": "order", "id": "o1", "items": {"data": [{"id": "l1"}]}}
    file = zone.file("a.jsonl", json.dumps(order) + "\nbroken\n")
    rename, done = Path.replace, []

    def replace_once(self: Path, target: Path) -> Path:
        if done:
            raise KeyboardInterrupt
        done.append(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace_once)
    with pytest.raises(KeyboardInterrupt):
        zone.land(file)
    monkeypatch.undo()
    zone.land(file)
    counts = [len(zone.rows("orders")), len(zone.rows("lines")), len(zone.rejects())]
    assert counts == [1, 1, 1]


def test_wrong_calls_are_named(zone: Zone) -> None:
    file = zone.file("a.jsonl", LINES)
    with pytest.raises(LandingError, match="tool has no table 'event'; use one of events, orders"):
        zone.land(file, table="event")
    with pytest.raises(LandingError, match=r"missing\.jsonl is not a file"):
        zone.land(zone.folder / "missing.jsonl")


def test_a_file_of_somebody_else_is_named_with_what_was_expected(zone: Zone) -> None:
    (report,) = zone.land(zone.file("a.jsonl", '{"foo": 1}\n{"bar": 2}\n'))
    assert report.rejected == {"unrecognised_record": 2}
    assert "none of its 2 records looks like tool" in report.messages[0]
    assert "Fields seen: bar, foo" in report.messages[0]
    assert "events (event); orders (object)" in report.messages[0]


def test_a_column_added_to_the_contract_reads_as_null_in_what_landed_before(zone: Zone) -> None:
    zone.land(zone.file("a.jsonl", LINES))
    definition = zone.folder / "models" / "staging" / "tool" / "_sources.yml"
    column = "          - {name: event, data_type: varchar}\n"
    added = column + "          - {name: colour, data_type: varchar}\n"
    definition.write_text(CONTRACT.replace(column, added, 1))
    tables = load_contract(zone.folder)["tool"].tables
    initialise(zone.root, list(tables.values()))
    files = zone.root / "tool" / "events" / "**" / "*.parquet"
    rows = query(f"select event, colour from read_parquet('{files}', union_by_name = true)")
    assert rows == [("save", None)] * 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            "{name: event, data_type: text}",
            "table events, column event: data_type is 'text'; use one",
        ),
        ("{name: _file, data_type: varchar}", "table events, column _file: the name is reserved"),
        (
            "{name: event, data_type: varchar, config: {meta: {rest_of: a}}}",
            "table events, column event: rest_of keeps an object, so data_type must be json",
        ),
    ],
)
def test_a_contract_that_breaks_a_rule_is_named(zone: Zone, wrong: str, message: str) -> None:
    definition = zone.folder / "models" / "staging" / "tool" / "_sources.yml"
    definition.write_text(CONTRACT.replace("{name: event, data_type: varchar}", wrong, 1))
    with pytest.raises(ContractError, match=message):
        load_contract(zone.folder)
