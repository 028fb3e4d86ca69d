"""DuckDB for SQLAlchemy as Great Expectations needs it.

Great Expectations gives a connection back before it reads the result, and DuckDB drops a result
with its transaction (great_expectations issues 10738 and 11579). Here a result is read whole as
soon as a statement has run; those of expectations are a few rows.
"""

from __future__ import annotations

from duckdb_engine import Dialect as DuckDBDialect
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

NAME = "duckdb+gx"


class _Context(DuckDBDialect.execution_ctx_cls):  # type: ignore[misc, valid-type]
    def post_exec(self) -> None:
        super().post_exec()
        if self.cursor.description is not None:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, self.cursor.description, initial_buffer=self.cursor.fetchall()
            )


class Dialect(DuckDBDialect):
    """DuckDB's dialect with results that outlive their transaction."""

    execution_ctx_cls = _Context
    supports_statement_cache = False


def register() -> None:
    """Let URLs that begin with `duckdb+gx` use it."""
    registry.register("duckdb.gx", __name__, Dialect.__name__)
