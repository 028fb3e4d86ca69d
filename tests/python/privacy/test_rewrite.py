"""Rows by hand: whose they are, what goes, and what of them stays."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.landing.contract import Source
from headwater.landing.write import EMPTY_DATE, landed_file, write_rows
from headwater.privacy.people import (
    ErasureError,
    Identifier,
    Person,
    come_back,
    email_hashes,
    hashes_of,
)
from headwater.privacy.rewrite import Counts, Eraser
from headwater.publish.generations import FILE, Generations

ADA = [
    Identifier("email", "Ada@Example.com "),
    Identifier("user", "ada-1815"),
    Identifier("device", "0a1b2c3d", "mixpanel"),
    Identifier("customer", "6900000001815"),
    Identifier("crm_person", "17"),
    Identifier("stripe_customer", "cus_1815"),
]


class Zone:
    """One landed file, and what becomes of it without Ada."""

    def __init__(self, root: Path, contract: dict[str, Source], place: str) -> None:
        source, name = place.split(".")
        self.root, self.table = root, contract[source].tables[name]
        self.file = landed_file(root, self.table, EMPTY_DATE, "rows")
        self.person = Person()
        self.person.add(ADA)

    def without_ada(
        self, rows: list[dict[str, Any]], kept_fields: frozenset[str] = frozenset()
    ) -> tuple[list[dict[str, Any]], Counts]:
        """The rows that are left, without what is null."""
        names = {name for row in rows for name in row}
        fields = [field for field in self.table.schema if field.name in names]
        write_rows(pa.Table.from_pylist(rows, pa.schema(fields)), self.table, self.file)
        counts = Eraser(self.person, kept_fields).rewrite(self.file, self.table)
        left = pq.ParquetFile(self.file).read().to_pylist()
        return [{key: row[key] for key in row if row[key] is not None} for row in left], counts


def test_events_of_the_person_go_and_texts_of_others_lose_the_name(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    zone = Zone(tmp_path, contract, "mixpanel.events")
    rows = [
        {"event": "by login", "user_id": "ada-1815"},
        {"event": "by device", "distinct_id": "$device:0a1b2c3d"},
        {"event": "by address", "email": " ADA@example.com"},
        {"event": "of another", "user_id": "bob-1", "properties": '{"for": "ada@example.com"}'},
        {"event": "of another", "user_id": "bob-1", "current_url": "/?a=ada-1815&b=ada-1815"},
        {"event": "of another", "user_id": "bob-1", "current_url": "/?m=Ada%40example.com"},
        {"event": "of another", "user_id": "xada-1815"},
        {"event": "of another", "user_id": "bob-1", "properties": '{"count": 17}'},
    ]
    left, counts = zone.without_ada(rows)
    assert counts == Counts(deleted=3, redacted=3)
    assert left == [
        {"event": "of another", "user_id": "bob-1", "properties": '{"for": "[erased]"}'},
        {"event": "of another", "user_id": "bob-1", "current_url": "/?a=[erased]&b=[erased]"},
        {"event": "of another", "user_id": "bob-1", "current_url": "/?m=[erased]"},
        {"event": "of another", "user_id": "xada-1815"},
        {"event": "of another", "user_id": "bob-1", "properties": '{"count": 17}'},
    ]


def test_a_device_is_one_of_its_tool_alone(tmp_path: Path, contract: dict[str, Source]) -> None:
    zone = Zone(tmp_path, contract, "own.events")
    rows = [{"event_id": "1", "device_id": "0a1b2c3d-x"}, {"event_id": "2", "device_id": "other"}]
    assert zone.without_ada(rows) == (rows, Counts())


def test_records_keep_their_amounts_and_belong_to_nobody(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    zone = Zone(tmp_path, contract, "shopify.orders")
    rows = [
        {"id": "1", "customer_id": "6900000001816", "email": "bob@example.com"},
        {
            "id": "2",
            "customer_id": "gid://shopify/Customer/6900000001815",
            "email": "ada@example.com",
            "checkout_token": "of nobody's map",
            "landing_site": "/?gclid=x",
            "currency": "USD",
            "_extra": '{"note": "for Ada"}',
        },
        {"id": "3", "customer_id": "6900000001815", "currency": "EUR"},
    ]
    left, counts = zone.without_ada(rows)
    assert counts == Counts(pseudonymised=2)
    name = zone.person.names[Identifier("customer", "6900000001815")]
    assert name.startswith("erased-")
    assert left == [
        rows[0],
        {
            "id": "2",
            "customer_id": name,
            "checkout_token": "of nobody's map",
            "currency": "USD",
        },
        {"id": "3", "customer_id": name, "currency": "EUR"},
    ]


def test_of_free_fields_only_those_stay_that_the_project_names(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    zone = Zone(tmp_path, contract, "pipedrive.deals")
    deal = {"id": "17", "person_id": "18", "title": "Bob's", "_extra": '{"known":1,"phone":"1"}'}
    rows = [deal, deal | {"id": "18", "person_id": "17", "title": "Ada's"}]
    left, counts = zone.without_ada(rows, frozenset({"known"}))
    assert counts == Counts(pseudonymised=1)
    name = zone.person.names[Identifier("crm_person", "17")]
    assert left == [deal, {"id": "18", "person_id": name, "_extra": '{"known":1}'}]


def test_rejected_rows_that_name_the_person_go(tmp_path: Path, contract: dict[str, Source]) -> None:
    zone = Zone(tmp_path, contract, "headwater.rejected_rows")
    rows = [
        {"source_name": "own", "payload": '{"user_id": "ada-1815", "phone": "1"}'},
        {"source_name": "own", "payload": '{"user_id": "bob-1"}'},
        {"source_name": "own", "detail": "'ada@example.com' is no number"},
    ]
    assert zone.without_ada(rows) == (rows[1:2], Counts(deleted=2))


def test_a_file_without_the_person_is_not_touched(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    zone = Zone(tmp_path, contract, "own.events")
    zone.without_ada([{"event_id": "1", "user_id": "bob-1"}])
    before = zone.file.stat()
    assert not Eraser(zone.person).rewrite(zone.file, zone.table)
    assert (zone.file.stat().st_ino, zone.file.stat().st_mtime) == (before.st_ino, before.st_mtime)


def test_a_dictionary_that_no_row_reads_loses_the_person_too(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    zone = Zone(tmp_path, contract, "own.events")
    users = pa.DictionaryArray.from_arrays([0, 0], ["bob-1", "ada-1815"])
    write_rows(pa.table({"user_id": users}), zone.table, zone.file)
    assert zone.file.read_bytes().count(b"ada-1815") > 0
    assert Eraser(zone.person).rewrite(zone.file, zone.table) == Counts()
    assert zone.file.read_bytes().count(b"ada-1815") == 0
    assert pq.ParquetFile(zone.file).read()["user_id"].to_pylist() == ["bob-1", "bob-1"]


def test_a_file_that_is_rewritten_keeps_its_time(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    zone = Zone(tmp_path, contract, "own.events")
    zone.without_ada([{"event_id": "1", "user_id": "bob-1"}, {"event_id": "2", "user_id": "carl"}])
    os.utime(zone.file, (1_000, 1_000))
    person = Person()
    person.add([Identifier("user", "carl")])
    assert Eraser(person).rewrite(zone.file, zone.table) == Counts(deleted=1)
    assert zone.file.stat().st_mtime == 1_000


def test_who_was_erased_is_known_by_a_hash_alone(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    hashes = [value for _, value in hashes_of(ADA)]
    assert email_hashes([" ADA@example.com"]) == email_hashes(["ada@example.com"])
    assert not {one.value for one in ADA} & set(hashes)
    zone = Zone(tmp_path, contract, "mixpanel.events")
    rows = [
        {"user_id": "ada-1815"},
        {"user_id": "bob-1", "email": "Ada@example.com"},
        {"distinct_id": "$device:0a1b2c3d"},
    ]
    fields = [f for f in zone.table.schema if f.name in ("user_id", "email", "distinct_id")]
    write_rows(pa.Table.from_pylist(rows, pa.schema(fields)), zone.table, zone.file)
    assert come_back(tmp_path, [zone.table], hashes) == [
        Identifier("device", "0a1b2c3d", "mixpanel"),
        Identifier("email", "Ada@example.com"),
        Identifier("user", "ada-1815"),
    ]
    assert come_back(tmp_path, [zone.table], hashes_of([Identifier("user", "x")])[0][1:]) == []


@pytest.mark.parametrize("text", ["ada@example.com", "mail=a@b.c", "email=", "device=0a1b", "="])
def test_what_is_no_identifier_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ErasureError, match="expected type=value") as refused:
        Identifier.parse(text)
    assert "ada" not in str(refused.value)


def test_identifiers_are_read_as_they_are_written() -> None:
    assert Identifier.parse("device=ga4:1.2:3\n") == Identifier("device", "1.2:3", "ga4")
    assert Identifier.parse("user=a=b") == Identifier("user", "a=b")


def generations_of(folder: Path, *numbers: int) -> Generations:
    generations = Generations(folder)
    for number in numbers:
        draft = generations.start_draft()
        (draft / FILE).write_text(str(number), "utf-8")
        (draft / "parquet").mkdir()
        generations.keep_draft(number)
        generations.make_current(number)
        generations.prune()
    return generations


def test_generations_with_the_person_go_with_the_next_publication(tmp_path: Path) -> None:
    generations = generations_of(tmp_path, 1, 2, 3)
    generations.roll_back()
    generations.outdate()
    assert generations.numbers() == [2]
    assert generations.published.read_text("utf-8") == "2"
    assert generations.next_number() == 4  # 3 is one that had the person
    generations_of(tmp_path, 4)
    assert generations.numbers() == [4]
    assert generations.last_outdated() == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        FILE, "parquet", "generations"
    }  # fmt: skip
