"""What the YAML of the marts says, taken along when they are copied."""

from __future__ import annotations

import duckdb

from headwater.sql import quote

SPOKEN = """
select 'table {target}.marts.' || table_name, comment from duckdb_tables()
where database_name = '{source}' and schema_name = 'marts' and comment is not null
union all
select 'table {target}.marts.' || view_name, comment from duckdb_views()
where database_name = '{source}' and schema_name = 'marts' and comment is not null
union all
select 'column {target}.marts.' || table_name || '."' || column_name || '"', comment
from duckdb_columns()
where database_name = '{source}' and schema_name = 'marts' and comment is not null
"""


def comment_statements(
    connection: duckdb.DuckDBPyConnection, source: str, target: str
) -> list[str]:
    """SQL that says of one database's marts what another says of its own; views became tables.

    Args:
        connection: both are attached to it.
        source: name of the database that has the comments.
        target: name of the one that has copies of its marts.
    """
    rows = connection.execute(SPOKEN.format(source=source, target=target)).fetchall()
    return [f"comment on {place} is {quote(comment)}" for place, comment in rows]
