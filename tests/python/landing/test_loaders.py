"""Tables as loaders write them: their names come from `_loader_columns.csv`, not from code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.landing.contract import ContractError, load_contract
from tests.python.landing.test_land import CONTRACT, Zone, line, zone

__all__ = ["zone"]
HEADER = "loader,table,loader_column,column,recognises\n"


def teach(zone: Zone, rows: str, contract: str = CONTRACT) -> None:
    """Give the zone's source a table of loader columns."""
    folder = zone.folder / "models" / "staging" / "tool"
    (folder / "_loader_columns.csv").write_text(HEADER + rows)
    (folder / "_sources.yml").write_text(contract)
    zone.contract = load_contract(zone.folder)


def land(zone: Zone, *records: dict[str, Any]) -> dict[str, int]:
    """Land records as lines; rows landed by table."""
    (report,) = zone.land(zone.file("a.jsonl", "".join(json.dumps(r) + "\n" for r in records)))
    return report.landed


def test_a_name_with_dots_is_taken_as_it_stands(zone: Zone) -> None:
    teach(zone, "airbyte,events,event.name,event,yes\nairbyte,events,event.ratio,ratio,\n")
    assert land(zone, {"event.name": "save", "event.ratio": 0.5, "event": {"ratio": 0.7}}) == {
        "events": 1
    }
    (row,) = zone.rows("events")
    assert (row["event"], row["ratio"]) == ('{"ratio":0.7}', 0.5)


def test_the_table_with_most_fields_takes_the_row_whatever_its_place(zone: Zone) -> None:
    teach(zone, "loader,orders,event,,yes\nloader,orders,order_id,id,yes\n")
    assert land(zone, {"event": "save"}, {"event": "save", "order_id": "o1"}) == {
        "events": 1,
        "orders": 1,
    }
    assert [row["id"] for row in zone.rows("orders")] == ["o1"]


def test_a_field_that_a_table_must_not_have_leaves_the_row_unrecognised(zone: Zone) -> None:
    teach(zone, "loader,orders,cost,,yes\nloader,orders,ad_id,,no\n")
    assert land(zone, {"id": "o1", "cost": 5}, {"id": "o2", "cost": 5, "ad_id": "a1"}) == {
        "orders": 1
    }
    assert zone.rejects() == [("unrecognised_record", 2, None)]


def test_columns_made_of_an_objects_keys_become_the_object_again(zone: Zone) -> None:
    teach(zone, "loader,events,param_*,params,\n")
    record = {"event": "save", "param_page": 'a "b"', "param_n": 3, "param_": 1, "param_x.y": 2}
    land(zone, {**record, "param_none": None, "colour": "red"}, {"event": "save"})
    first, second = zone.rows("events")
    assert json.loads(first["params"]) == {"page": 'a "b"', "n": 3}
    assert json.loads(first["_extra"]) == {
        "param_": 1,
        "param_x.y": 2,
        "colour": "red",
    }
    assert (second["params"], second["_extra"]) == (None, None)


@pytest.mark.parametrize("as_text", [False, True])
def test_the_record_in_a_loaders_envelope_is_opened(zone: Zone, as_text: bool) -> None:
    teach(zone, "", CONTRACT.replace("unwrap: [", "unwrap: [_loader_data, "))
    record: object = {"event": "save", "times": 3}
    wrapped = {"_loader_id": "x", "_loader_data": json.dumps(record) if as_text else record}
    assert land(zone, {"event": "save", "times": 1}, wrapped) == {"events": 2}
    assert sorted((row["times"], row["_row"]) for row in zone.rows("events")) == [(1, 1), (3, 2)]


def test_a_path_can_lead_to_the_envelope_from_any_depth(zone: Zone) -> None:
    seen = (
        '          - {name: seen_at, data_type: timestamp, config: {meta: {from: ["@.created"]}}}\n'
    )
    key = "          - {name: id, data_type: varchar}\n"
    assert CONTRACT.count(key) == 2
    teach(zone, "", CONTRACT.replace(key, key + seen))
    order = {"object": "order", "id": "o1", "created": 5, "items": {"data": [{"id": "l1"}]}}
    land(zone, {"created": 1735689600, "data": {"object": order}})
    assert [str(row["seen_at"]) for row in zone.rows("orders")] == ["2025-01-01 00:00:00"]
    assert [str(row["seen_at"]) for row in zone.rows("lines")] == ["2025-01-01 00:00:00"]


def test_records_that_share_a_line_have_places_of_their_own(zone: Zone) -> None:
    page = json.dumps({"results": [{"event": "save"}, {"event": "save"}, 5]})
    alone = json.dumps({"results": [{"event": "save"}]})
    (report,) = zone.land(zone.file("a.jsonl", f"{line()}{page}\n{alone}\n{page}\n"))
    places = [(row["_file"].rpartition("#")[0], row["_row"]) for row in zone.rows("events")]
    assert sorted(places) == [
        ("a.jsonl", 1),
        ("a.jsonl", 3),
        ("a.jsonl/line 000000002", 1),
        ("a.jsonl/line 000000002", 2),
        ("a.jsonl/line 000000004", 1),
        ("a.jsonl/line 000000004", 2),
    ]
    assert report.messages[0].startswith("a.jsonl/line 000000002, row 3: ")


def test_nested_rows_that_a_loader_stored_as_text_are_opened(zone: Zone) -> None:
    order = {"object": "order", "id": "o1", "items": json.dumps({"data": [{"id": "l1"}]})}
    assert land(zone, order) == {"orders": 1, "lines": 1}
    teach(zone, "", CONTRACT.replace("path: items.data", "path: items"))
    order["items"] = json.dumps([{"id": "l2"}, {"id": "l3"}])
    assert land(zone, order) == {"orders": 1, "lines": 2}
    assert [row["_extra"] for row in zone.rows("orders")] == [None, None]


def test_an_envelope_is_opened_for_a_named_table_too(zone: Zone) -> None:
    text = json.dumps({"results": [{"id": "o1"}]}) + "\n" + json.dumps({"id": "o2"}) + "\n"
    (report,) = zone.land(zone.file("a.jsonl", text), table="orders")
    assert report.landed == {"orders": 2}
    assert sorted(row["id"] for row in zone.rows("orders")) == ["o1", "o2"]


def test_a_named_table_needs_no_envelopes_in_the_contract(zone: Zone) -> None:
    teach(zone, "", CONTRACT.replace('{unwrap: [data.object, results, "named.*"]}', "{}"))
    (report,) = zone.land(zone.file("a.jsonl", '{"id": "o1"}\n{"event": "x"}\n'), table="orders")
    assert report.landed == {"orders": 2}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("x,event,a,,yes\n", "line 2: no table 'event'; use one of events, orders, lines"),
        ("x,events,a,,yes\nx,events,a,b,\n", "line 3: events has no column 'b'"),
        ("x,events,a,event,maybe\n", "line 2: recognises is yes, no or blank"),
        ("x,events,a*,event,\n", "line 2: event cannot be read from 'a\\*'"),
        ("x,events,a,properties,\n", "line 2: properties cannot be read from 'a'"),
    ],
)
def test_a_wrong_row_is_named(zone: Zone, rows: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        teach(zone, rows)


def test_a_wrong_header_is_named(zone: Zone) -> None:
    folder = zone.folder / "models" / "staging" / "tool"
    (folder / "_loader_columns.csv").write_text("loader,table\n")
    with pytest.raises(ContractError, match="the header must be loader,table,loader_column,"):
        load_contract(zone.folder)
