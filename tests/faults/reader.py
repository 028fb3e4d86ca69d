"""Who queries the published file while it changes; in a module that processes can import."""

from __future__ import annotations

from pathlib import Path

import duckdb


def read_until(stop: Path, file: Path, found: Path) -> None:
    """Query in a loop; a line an answer: the generation, and whether all counts are of it."""
    lines = []
    while not stop.exists():
        with duckdb.connect(str(file), read_only=True) as reader:
            ((generation,),) = reader.execute(
                "select max(generation) from marts.publications"
            ).fetchall()
            ((told, counted),) = reader.execute(
                """
                select
                    (
                        select row_count from marts.published_relations
                        where relation_name = 'landed_rows_by_day' and generation = $1
                    ),
                    (select count(*) from marts.landed_rows_by_day)
                """,
                [generation],
            ).fetchall()
        lines.append(f"{generation} {told} {counted}")
    found.write_text("\n".join(lines), "utf-8")
