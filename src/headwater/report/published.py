"""Read the file that readers open, or say why that is not possible."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


@contextmanager
def reading(published: Path, error: type[Exception]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published file, read-only.

    Args:
        published: the DuckDB file that `headwater publish` writes.
        error: what is raised, with a message that says what to do, when the file is not there or
            cannot be opened, or when it turns out to lack a mart that is read from it.
    """
    if not published.exists():
        raise error(
            f"{published} does not exist: run `headwater build`, which publishes what passed."
        )
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            yield connection
    except duckdb.CatalogException as reason:
        raise error(
            f"{published} lacks a mart: run `headwater build` to publish it anew. {reason}"
        ) from reason
    except duckdb.IOException as reason:
        raise error(f"{published} cannot be opened: {reason}") from reason
