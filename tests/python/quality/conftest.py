"""A copy of the company's warehouse in which tests change what landed and make models again."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pytest

from tests.python.conftest import compiled


@pytest.fixture(scope="module")
def warehouse_copy(
    company_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> duckdb.DuckDBPyConnection:
    copy = shutil.copy(company_warehouse, tmp_path_factory.mktemp("copy"))
    connection = duckdb.connect(str(copy))
    connection.execute(f"set file_search_path = '{company_warehouse.parent / 'linked'}'")
    return connection


@pytest.fixture
def changed(
    warehouse_copy: duckdb.DuckDBPyConnection,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The copy; what a test does to it is taken back."""
    warehouse_copy.begin()
    yield warehouse_copy
    warehouse_copy.rollback()


def remake(
    connection: duckdb.DuckDBPyConnection, company_warehouse: Path, models: Iterable[str]
) -> None:
    """Run models, named with their schema, again, over what a test has changed."""
    for name in models:
        sql = compiled(company_warehouse, name.split(".")[1])
        connection.execute(f"delete from {name}")
        connection.execute(f"insert into {name} by name {sql}")
