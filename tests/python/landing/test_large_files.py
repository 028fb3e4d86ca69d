"""Files that are too large to be held in memory: what is read by parts, and what is refused."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from headwater.landing import records
from tests.python.landing.test_land import LINES, Zone, as_zip_of_gzip, line, zone

__all__ = ["zone"]


def test_a_document_beyond_the_limit_is_refused_with_a_remedy(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LONGEST_DOCUMENT", 1000)
    content = json.dumps([{"event": "save", "note": "x" * 100}] * 20)
    large, small = zone.land(zone.file("large.json", content), zone.file("small.json", "[5]\n"))
    assert large.rejected == {"unreadable_file": 1}
    assert "jq -c" in large.messages[0]
    assert small.rejected == {"not_an_object": 1}


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_lines_are_no_document_however_long_the_first_is(
    zone: Zone, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(records, "LONGEST_DOCUMENT", 100)
    text = (line(note="x" * 10_000) + LINES).encode()
    (report,) = zone.land(zone.file(name, gzip.compress(text) if name.endswith("gz") else text))
    assert (report.landed, report.rejected) == ({"events": 4}, {})
    assert sorted(row["_row"] for row in zone.rows("events")) == [1, 2, 3, 4]


def test_a_record_that_is_too_long_is_rejected_out_of_its_document(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headwater.landing.batches.LONGEST_LINE", 1000)
    (report,) = zone.land(
        zone.file("a.json", json.dumps([{"event": "save", "note": "x" * 2000}, {"event": "save"}]))
    )
    assert (report.landed, report.rejected) == ({"events": 1}, {"unreadable_row": 1})


@pytest.mark.parametrize("size", [3, 7, 64, 1000])
def test_lines_are_cut_at_any_place(zone: Zone, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(records, "BATCH_BYTES", size)
    monkeypatch.setattr(records, "LONGEST_LINE", 200)
    good = line(times=1).encode()
    parts = [b"\xef\xbb\xbf" + good, b"\n", b" \r\n", line(note="x" * 500).encode(), good]
    parts += [b'{"event": "caf\xe9"}\n', b"[]\n", line(note="é" * 10).encode(), good.strip()]
    zone.land(zone.file("a.jsonl", b"".join(parts)))
    assert [row["_row"] for row in zone.rows("events")] == [1, 5, 8, 9]
    assert sorted(row for _, row, _ in zone.rejects()) == [4, 6, 7]


def test_members_of_a_gzip_file_follow_one_another(zone: Zone) -> None:
    packed = gzip.compress(LINES.encode()) + gzip.compress(b"") + gzip.compress(line().encode())
    (report,) = zone.land(zone.file("a.jsonl.gz", packed + b"\x00" * 100))
    assert (report.landed, report.rejected) == ({"events": 4}, {})


@pytest.mark.parametrize(
    ("damage", "landed"),
    [(lambda packed: packed[:-8] + b"12345678", 0), (lambda packed: packed + b"else", 3)],
    ids=["checksum", "something behind"],
)
def test_a_damaged_gzip_is_named(zone: Zone, damage: Any, landed: int) -> None:
    (report,) = zone.land(zone.file("a.jsonl.gz", damage(gzip.compress(LINES.encode()))))
    assert report.rejected == {"unreadable_file": 1}
    assert sum(report.landed.values()) >= landed


def test_a_zip_in_a_gzip_is_opened(zone: Zone) -> None:
    packed = gzip.compress(as_zip_of_gzip({"0.json.gz": LINES}))
    (report,) = zone.land(zone.file("a.zip.gz", packed))
    assert (report.landed, report.rejected) == ({"events": 3}, {})


def test_blank_values_and_values_with_blanks_are_looked_at_again(zone: Zone) -> None:
    text = line(times=" 3 ", amount="", time="  ", ratio=" 0.5") + line(times="many") + line()
    (report,) = zone.land(zone.file("a.jsonl", text))
    assert report.rejected == {"invalid_value": 1}
    rows = [(row["_row"], row["times"], row["amount"], row["at"]) for row in zone.rows("events")]
    assert rows == [(1, 3, None, None), (3, None, None, None)]


def test_a_field_twice_in_a_record_is_not_lost(zone: Zone) -> None:
    zone.land(zone.file("a.jsonl", '{"event": "save", "colour": "red", "event": "open"}\n'))
    (row,) = zone.rows("events")
    assert (row["event"], json.loads(row["_extra"])) == ("save", {"colour": "red"})


@pytest.mark.parametrize("text", ["epoch", "infinity", "-infinity"])
def test_a_word_is_no_usual_time(zone: Zone, text: str) -> None:
    (report,) = zone.land(zone.file("a.jsonl", line(time=text)))
    years = [row["at"].year for row in zone.rows("events")]
    assert years == ([1970] if text == "epoch" else [])
    assert bool(report.rejected) == (text != "epoch")
