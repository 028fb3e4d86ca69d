"""A DuckDB connection that plans a statement once, for any number of batches.

To plan the statement of a wide table takes as long as to run it over thousands of rows, and another
batch needs no other plan. A relation that is registered anew would; so relations are slots here,
whose rows change.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

PLANS_KEPT = 50


class _Slot:
    """A relation whose rows change; DuckDB asks for them at each run."""

    def __init__(self, schema: pa.Schema) -> None:
        self.rows: pa.Table = schema.empty_table()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.rows.__arrow_c_stream__(requested_schema)


class Statements:
    """Statements over slots. One thread at a time may use it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, slots: dict[str, pa.Schema]) -> None:
        """Make the slots.

        Args:
            connection: for this object alone.
            slots: columns of the relations that statements may read, by name.
        """
        self._connection = connection
        self._slots = {name: _Slot(schema) for name, schema in slots.items()}
        self._plans: dict[str, str] = {}
        self._planned = 0
        for name, slot in self._slots.items():
            connection.register(name, slot)

    def put(self, slot: str, rows: pa.Table) -> None:
        """Make the rows what a slot holds; their schema must be the slot's."""
        self._slots[slot].rows = rows

    def empty(self) -> None:
        """Let go of what the slots hold."""
        for slot in self._slots.values():
            slot.rows = slot.rows.schema.empty_table()

    def run(self, query: str) -> pa.Table:
        """The rows of a query."""
        return self._connection.sql(self._plan(query)).to_arrow_table()

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query, as Python values."""
        return self._connection.sql(self._plan(query)).fetchall()

    def _plan(self, query: str) -> str:
        """The call of a query that has been planned."""
        if query not in self._plans:
            if len(self._plans) >= PLANS_KEPT:
                oldest = next(iter(self._plans))
                self._connection.execute(f"deallocate {self._plans.pop(oldest)}")
            self._planned += 1
            name = f"plan_{self._planned}"
            self._connection.execute(f"prepare {name} as {query}")
            self._plans[query] = name
        return f"execute {self._plans[query]}"
