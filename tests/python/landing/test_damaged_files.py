"""Damaged input: each is named with file, row and reason, and the rest of the batch lands."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pytest

from headwater.landing import records
from headwater.landing.land import LandingError
from tests.python.landing.test_land import LINES, Zone, as_parquet, as_zip_of_gzip, line, zone

__all__ = ["zone"]
GOOD = line(times=7)


def land_beside_a_good_file(zone: Zone, name: str, content: bytes | str) -> list[str]:
    """Land a damaged file and a good one; the messages, if the good one is seen to have landed."""
    bad, good = zone.land(zone.file(name, content), zone.file("good.jsonl", GOOD))
    assert good.landed == {"events": 1}
    assert [row["times"] for row in zone.rows("events")].count(7) == 1
    return bad.messages


def test_a_truncated_gzip_lands_what_stands_before_the_break(zone: Zone) -> None:
    text = "".join(line(times=number + 100, note=str(number) * 50) for number in range(2000))
    packed = gzip.compress(text.encode(), compresslevel=0)
    (message,) = land_beside_a_good_file(zone, "cut.jsonl.gz", packed[: len(packed) // 2])
    landed = [row for row in zone.rows("events") if row["times"] != 7]
    assert 500 < len(landed) < 2000
    assert f"cut.jsonl.gz, row {len(landed) + 1}: The file breaks off" in message
    assert zone.rejects() == [("unreadable_file", len(landed) + 1, None)]


def test_a_list_where_an_object_should_be(zone: Zone) -> None:
    (message,) = land_beside_a_good_file(zone, "a.jsonl", LINES + "[1, 2]\n")
    assert message.startswith("a.jsonl, row 4: ")
    assert zone.rejects()[0][:2] == ("not_an_object", 4)
    assert len(zone.rows("events")) == 4


def test_a_number_where_an_object_should_be(zone: Zone) -> None:
    land_beside_a_good_file(zone, "a.json", json.dumps([{"event": "save"}, 5]))
    assert ("not_an_object", 2, None) in zone.rejects()


@pytest.mark.parametrize(
    ("values", "found"),
    [(pa.array(["1", "many", None]), "'many'"), (pa.array([[1], [2], None]), "[1]")],
)
def test_a_parquet_column_of_the_wrong_type(zone: Zone, values: pa.Array, found: str) -> None:
    content = as_parquet({"event": ["save"] * 3, "times": values})
    messages = land_beside_a_good_file(zone, "a.parquet", content)
    assert found in messages[0]
    assert "which is no bigint" in messages[0]
    assert {(reason, field) for reason, _, field in zone.rejects()} == {("invalid_value", "times")}
    assert len(zone.rows("events")) == 1 + 3 - len(messages)


def test_a_line_of_two_megabytes_lands_if_it_is_json(zone: Zone) -> None:
    long = line(times=8, properties={"text": "x" * 2_000_000})
    messages = land_beside_a_good_file(zone, "a.jsonl", LINES + long + LINES)
    assert messages == []
    assert max(len(row["properties"] or "") for row in zone.rows("events")) > 2_000_000


def test_a_line_of_two_megabytes_that_is_no_json_is_rejected(zone: Zone) -> None:
    (message,) = land_beside_a_good_file(
        zone, "a.jsonl", LINES + "{" + "x" * 2_000_000 + "\n" + LINES
    )
    assert message.startswith("a.jsonl, row 4: The row is no JSON: ")
    (reject,) = zone.rows("rejected_rows", "headwater")
    assert (reject["reason"], len(reject["payload"])) == ("unreadable_row", 10_000)
    assert len(zone.rows("events")) == 7


def test_a_line_without_an_end_is_skipped_within_bounds(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LONGEST_LINE", 1000)
    land_beside_a_good_file(zone, "a.jsonl", LINES + line(note="x" * 5000) + LINES)
    assert zone.rejects() == [("unreadable_row", 4, None)]
    assert len(zone.rows("events")) == 7


@pytest.mark.parametrize("name", ["empty.jsonl", "empty.csv", "empty.parquet", "empty.json.gz"])
def test_an_empty_file(zone: Zone, name: str) -> None:
    (message,) = land_beside_a_good_file(zone, name, b"")
    assert message == f"{name}: The file is empty; export it again."


def test_a_header_without_rows(zone: Zone) -> None:
    (message,) = land_beside_a_good_file(zone, "a.csv", "event,times\n")
    assert message == "a.csv: There is no row of data in it."


def test_another_encoding_is_named_by_row_or_for_the_whole_file(zone: Zone) -> None:
    latin = LINES.encode() + '{"event": "café"}\n'.encode("latin-1") + LINES.encode()
    (message,) = land_beside_a_good_file(zone, "latin.jsonl", latin)
    assert message.startswith("latin.jsonl, row 4: Byte 15 of the row is not UTF-8")
    assert len(zone.rows("events")) == 7
    (wide,) = zone.land(zone.file("wide.jsonl", LINES.encode("utf-16")))
    assert "The text is UTF-16; convert it" in wide.messages[0]


def test_times_far_away_land_for_the_warehouse_to_judge(zone: Zone) -> None:
    far = line(time="1969-07-20T20:17:40Z") + line(time="2999-12-31T00:00:00Z")
    assert land_beside_a_good_file(zone, "a.jsonl", far) == []
    years = {row["at"].year for row in zone.rows("events") if row["at"]}
    assert years == {1969, 2999}


@pytest.mark.parametrize("time", ["yesterday", "2025-13-01T00:00:00Z", 1e30])
def test_a_time_that_is_none_is_rejected_with_its_field(zone: Zone, time: object) -> None:
    (message,) = land_beside_a_good_file(zone, "a.jsonl", LINES + line(time=time))
    assert message.startswith(f"a.jsonl, row 4: at is {time!r}, which is no timestamp")
    assert zone.rejects() == [("invalid_value", 4, "at")]
    assert len(zone.rows("events")) == 4


def test_a_csv_row_with_too_few_or_too_many_fields(zone: Zone) -> None:
    text = "event,times\nsave,1\nsave\nsave,2,3\nsave,4\n"
    messages = land_beside_a_good_file(zone, "a.csv", text)
    assert messages == [
        "a.csv, row 2: The row has 1 fields, the header 2.",
        "a.csv, row 3: The row has 3 fields, the header 2.",
    ]


def test_a_document_that_breaks_off_says_where(zone: Zone) -> None:
    (message,) = land_beside_a_good_file(zone, "a.json", '[\n{"event": "save"},\n{"eve')
    assert message.startswith("a.json: It is no JSON document: ")
    assert "line 3" in message


def test_a_damaged_member_of_an_archive_does_not_hide_the_others(zone: Zone) -> None:
    packed = as_zip_of_gzip({"0.json.gz": LINES, "1.json.gz": "{broken\n" + LINES})
    (message,) = land_beside_a_good_file(zone, "a.zip", packed)
    assert message.startswith("a.zip/1.json.gz, row 1: ")
    assert len(zone.rows("events")) == 7


@pytest.mark.parametrize("name", ["a.zip", "a.parquet", "a.jsonl.gz"])
def test_content_that_is_not_what_the_name_says(zone: Zone, name: str) -> None:
    (message,) = land_beside_a_good_file(zone, name, b"hello, this is something else\n")
    assert message.startswith(f"{name}: The content is not ")


def test_an_encrypted_member_of_an_archive_is_named(zone: Zone) -> None:
    packed = bytearray(as_zip_of_gzip({"0.json.gz": LINES}))
    packed[6] |= 1  # the flag for encryption, in the member's own header
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1  # and in the archive's directory
    (message,) = land_beside_a_good_file(zone, "a.zip", bytes(packed))
    assert message.startswith("a.zip/0.json.gz, row 1: The file breaks off or is damaged")
    assert "encrypted" in message


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize("value", ["[" * 100_000 + "]" * 100_000, "9" * 5000], ids=["deep", "long"])
def test_json_that_no_one_can_use_is_rejected(zone: Zone, name: str, value: str) -> None:
    (message,) = land_beside_a_good_file(zone, name, '{"a": ' + value + "}\n")
    assert "not usable" in message or "no JSON" in message


def test_half_a_character_is_rejected_with_its_record(zone: Zone) -> None:
    text = json.dumps([{"event": "save", "times": 1}, {"event": "\ud800"}], indent=1)
    (message,) = land_beside_a_good_file(zone, "a.json", text)
    assert message.startswith("a.json, row 2: The record holds text that is no Unicode")
    assert len(zone.rows("events")) == 2


def test_a_header_that_names_a_column_twice_is_refused(zone: Zone) -> None:
    (message,) = land_beside_a_good_file(zone, "a.csv", "event,times,times\nsave,1,2\n")
    assert "The header names times more than once" in message


def test_real_rows_never_land_beside_simulated_ones(zone: Zone) -> None:
    zone.root.mkdir()
    (zone.root / "simulated.json").write_text("{}")
    with pytest.raises(LandingError, match="holds the simulated company"):
        zone.land(zone.file("a.jsonl", LINES))
