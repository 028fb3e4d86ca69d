"""Statements that are planned once give each batch its own rows."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from headwater.landing import statements
from headwater.landing.statements import Statements

NUMBERS = pa.schema([("number", pa.int64())])


@pytest.fixture
def planned() -> Statements:
    return Statements(duckdb.connect(), {"numbers": NUMBERS})


def numbers(*values: int) -> pa.Table:
    return pa.table({"number": values}, NUMBERS)


def test_the_rows_of_a_slot_change_and_the_statement_stays(planned: Statements) -> None:
    found = []
    for values in ((1, 2), (3,), ()):
        planned.put("numbers", numbers(*values))
        found.append(planned.run("select number * 2 as twice from numbers").to_pylist())
    assert found == [[{"twice": 2}, {"twice": 4}], [{"twice": 6}], []]


def test_an_emptied_slot_has_no_rows(planned: Statements) -> None:
    planned.put("numbers", numbers(1, 2))
    planned.empty()
    assert planned.fetch("select count(*) from numbers") == [(0,)]


def test_plans_beyond_the_limit_are_made_anew(
    planned: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "PLANS_KEPT", 2)
    planned.put("numbers", numbers(5))
    queries = [f"select number + {more} from numbers" for more in range(5)]
    for _ in range(2):
        assert [planned.fetch(query) for query in queries] == [[(5 + more,)] for more in range(5)]
