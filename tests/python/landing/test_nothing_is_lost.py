"""What an export holds is landed, kept in `_extra`, or rejected; memory and time stay bounded."""

from __future__ import annotations

import json
import time
import zipfile
from typing import Any

import pytest

from headwater.landing import records
from headwater.landing.contract import load_contract
from tests.python.landing.test_land import CONTRACT, Zone, as_zip_of_gzip, line, zone

__all__ = ["zone"]


def extra(zone: Zone, **fields: object) -> dict[str, Any] | None:
    """What lands in `_extra` of one event."""
    zone.land(zone.file("a.jsonl", line(**fields)))
    (row,) = zone.rows("events")
    return json.loads(row["_extra"]) if row["_extra"] else None


def change_contract(zone: Zone, old: str, new: str) -> None:
    definition = zone.folder / "models" / "staging" / "tool" / "_sources.yml"
    definition.write_text(CONTRACT.replace(old, new, 1))
    zone.contract = load_contract(zone.folder)


def test_of_two_places_that_differ_the_second_stays_in_extra(zone: Zone) -> None:
    first, second = "2025-01-01T00:00:00Z", "2025-06-01T00:00:00Z"
    zone.land(zone.file("a.jsonl", line(time=first, properties={"time": second})))
    (row,) = zone.rows("events")
    assert (row["at"].month, json.loads(row["properties"])) == (1, {"time": second})


def test_of_two_places_that_agree_nothing_is_left(zone: Zone) -> None:
    assert extra(zone, time=1700000000, properties={"time": 1700000000}) is None
    assert zone.rows("events")[0]["properties"] is None


@pytest.mark.parametrize("value", ["Pixel", ["a"], 5])
def test_what_stands_where_a_path_leads_on_stays_in_extra(zone: Zone, value: object) -> None:
    change_contract(zone, "from: [time, properties.time]", "from: [time, phone.time]")
    assert extra(zone, phone=value) == {"phone": value}


def test_a_list_read_by_index_keeps_its_other_elements(zone: Zone) -> None:
    mails = [{"value": "x@y.example", "primary": True}, {"value": "z@y.example"}]
    assert extra(zone, mails=mails) == {"mails": [{"primary": True}, {"value": "z@y.example"}]}


def test_a_field_that_only_recognises_the_table_stays_in_extra(zone: Zone) -> None:
    change_contract(zone, "recognised_by: [event]", "recognised_by: [event, campaign]")
    assert extra(zone, campaign={"budget": 5}) == {"campaign": {"budget": 5}}


def test_a_kept_object_that_is_none_is_rejected(zone: Zone) -> None:
    (report,) = zone.land(zone.file("a.jsonl", line(properties=[1, 2]) + line(properties="no")))
    assert zone.rejects() == [
        ("invalid_value", 1, "properties"),
        ("invalid_value", 2, "properties"),
    ]
    assert "properties is [1, 2], which is no object" in report.messages[0]


def test_an_element_that_is_no_object_makes_no_empty_row(zone: Zone) -> None:
    order = {"object": "order", "id": "o1", "items": {"data": ["l1", {"id": "l2"}]}}
    zone.land(zone.file("a.jsonl", json.dumps(order) + "\n"))
    assert [row["id"] for row in zone.rows("lines")] == ["l2"]
    assert zone.rejects() == [("not_an_object", 1, None)]


def test_opening_an_object_stored_as_text_keeps_its_nulls_and_texts(zone: Zone) -> None:
    inside = {"note": None, "code": 'a{,"b', "$device": "d"}
    zone.land(zone.file("a.jsonl", line(properties=json.dumps(inside), colour="red")))
    (row,) = zone.rows("events")
    assert json.loads(row["properties"]) == {"note": None, "code": 'a{,"b'}
    assert (row["device"], row["_extra"]) == ("d", '{"colour":"red"}')


@pytest.mark.parametrize(
    ("field", "value"), [("time", "infinity"), ("ratio", "nan"), ("on_day", "infinity")]
)
def test_a_value_without_end_is_rejected(zone: Zone, field: str, value: str) -> None:
    zone.land(zone.file("a.jsonl", line(**{field: value})))
    assert [reason for reason, _, _ in zone.rejects()] == ["invalid_value"]


def test_a_number_that_is_none_in_a_key_value_list_is_rejected(zone: Zone) -> None:
    params = [{"key": "a", "value": {"int_value": "abc"}}]
    zone.land(zone.file("a.jsonl", line(params=params)))
    assert zone.rejects() == [("invalid_value", 1, "params")]


def test_a_blank_csv_field_still_counts_as_a_field(zone: Zone) -> None:
    change_contract(zone, "recognised_by: [event]", "recognised_by: [event, times]")
    (report,) = zone.land(zone.file("a.csv", "event;times\nsave;\nsave;4\n"))
    assert report.rejected == {}
    assert [row["times"] for row in zone.rows("events")] == [None, 4]


def test_a_member_with_a_damaged_header_does_not_hide_the_others(zone: Zone) -> None:
    packed = bytearray(as_zip_of_gzip({"0.json.gz": line(), "1.json.gz": line()}))
    packed[30:34] = b"ZZZZ"  # the name in the first member's own header
    (report,) = zone.land(zone.file("a.zip", bytes(packed)))
    assert (report.landed, report.rejected) == ({"events": 1}, {"unreadable_file": 1})
    assert zipfile.is_zipfile(zone.folder / "a.zip")


def test_a_file_read_for_the_wrong_table_can_land_for_the_right_one(zone: Zone) -> None:
    file = zone.file("a.jsonl", '{"id": "o1"}\n')
    (wrong,) = zone.land(file)
    (again,) = zone.land(file)
    (right,) = zone.land(file, table="orders")
    assert wrong.rejected == again.rejected == {"unrecognised_record": 1}
    assert len(zone.rejects()) == 1
    assert (right.landed, right.rejected) == ({"orders": 1}, {})


def test_rejects_of_two_sources_do_not_hide_each_other(zone: Zone) -> None:
    text = (zone.folder / "models" / "staging" / "tool" / "_sources.yml").read_text()
    other = zone.folder / "models" / "staging" / "other" / "_sources.yml"
    other.parent.mkdir()
    other.write_text(text.replace("name: tool", "name: other").split("  - name: headwater")[0])
    zone.contract = load_contract(zone.folder)
    file = zone.file("a.jsonl", "broken\n")
    zone.land(file)
    zone.contract["tool"] = zone.contract["other"]
    zone.land(file)
    sources = [row["source_name"] for row in zone.rows("rejected_rows", "headwater")]
    assert sorted(sources) == ["other", "tool"]


def test_a_file_of_rejects_takes_time_in_proportion(zone: Zone) -> None:
    file = zone.file("a.jsonl", '{"foo": 1}\n' * 20_000)
    start = time.process_time()
    (report,) = zone.land(file)
    assert time.process_time() - start < 10  # it took 50 s when each reject was a table of its own
    assert report.rejected == {"unrecognised_record": 20_000}
    assert (len(zone.rejects()), len(report.messages) <= 101) == (20_000, True)


def test_long_lines_land_in_bounded_memory(zone: Zone) -> None:
    wide = line(properties={"note": "x" * 2_000_000})
    (report,) = zone.land(zone.file("a.jsonl", wide * 60))
    assert (report.landed, report.rejected) == ({"events": 60}, {})


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_batches_of_any_size_give_the_same_rows(
    zone: Zone, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(records, "BATCH_BYTES", 100)
    lines = [line(times=number) for number in range(50)]
    text = "".join(lines) if name == "a.jsonl" else f"[{','.join(lines)}]"
    zone.land(zone.file(name, text))
    assert [(row["times"], row["_row"]) for row in zone.rows("events")] == [
        (number, number + 1) for number in range(50)
    ]
