"""Landed files without a person: rows go, are made nobody's, or lose what they say of the person.

| table | rows of the person | other rows that name them |
|---|---|---|
| events, by landed day | are deleted | the identifier in the text becomes `[erased]` |
| rejected rows, which have no columns for ids | | are deleted |
| records (billing, orders, CRM) | keep amounts, days and states; ids become random, and personal, \
free and unknown fields empty | as for events |
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.landing.contract import Column, Table
from headwater.landing.write import RowGroups, table_folder
from headwater.privacy.people import PREFIX, Person

REDACTED = r"\1[erased]\3"
EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
BATCH_ROWS = 50_000


@dataclass
class Counts:
    """What became of a table's rows."""

    deleted: int = 0
    pseudonymised: int = 0
    redacted: int = 0

    def __bool__(self) -> bool:
        return bool(self.deleted or self.pseudonymised or self.redacted)

    def add(self, other: Counts) -> None:
        """Count on."""
        self.deleted += other.deleted
        self.pseudonymised += other.pseudonymised
        self.redacted += other.redacted


@dataclass(frozen=True)
class Eraser:
    """Takes a person out of landed files.

    Attributes:
        person: who.
        kept_fields: keys of JSON objects that may stay in a record that is made nobody's.
    """

    person: Person
    kept_fields: frozenset[str] = frozenset()

    def emails(self, file: Path, table: Table) -> set[str]:
        """E-mail addresses in the person's own rows of a file, in lower case."""
        found: set[str] = set()
        if not self.may_be_in(file, table):
            return found
        for rows in _batches(file):
            own = rows.filter(self._own(rows, table))
            for name in _texts(own):
                for text in own[name].drop_null().to_pylist():
                    found |= {address.lower() for address in EMAIL.findall(text)}
        return found

    def rewrite(self, file: Path, table: Table) -> Counts:
        """Put a file without the person in the place of a file that holds them.

        The new file keeps the old one's time: nothing has landed.
        """
        counts = Counts()
        if not self.may_be_in(file, table):
            return counts
        times = file.stat()
        with RowGroups(table, file) as output:
            for rows in _batches(file):
                rows_left, changed = self._changed(rows, table)
                output.add(rows_left)
                counts.add(changed)
            output.close()
            os.utime(output.draft, ns=(times.st_atime_ns, times.st_mtime_ns))
            output.publish()
        return counts

    def may_be_in(self, file: Path, table: Table) -> bool:
        """Whether a file has an identifier of the person, be it in a dictionary that no row reads.

        Who writes a part of larger columns may leave the whole columns' dictionaries in the file.
        """
        with pq.ParquetFile(file) as landed:
            names = [field.name for field in landed.schema_arrow if pa.types.is_string(field.type)]
        ids = {column.name: column for column in table.columns if column.identifies}
        pattern = self.person.pattern
        with pq.ParquetFile(file, read_dictionary=names) as landed:
            for group in range(landed.num_row_groups):
                for name in names:
                    for part in landed.read_row_group(group, columns=[name])[name].chunks:
                        if name in ids:
                            values = self.person.values(table, ids[name].identifies)
                            wanted = pa.array(list(values), pa.string())
                            found = pc.is_in(_bare(part.dictionary, ids[name]), value_set=wanted)
                        elif pattern:
                            found = pc.match_substring_regex(part.dictionary, pattern)
                        else:
                            continue
                        if pc.any(found).as_py():
                            return True
        return False

    def _changed(self, rows: pa.Table, table: Table) -> tuple[pa.Table, Counts]:
        """Rows without the person, and what was done."""
        own, named = self._own(rows, table), self._named(rows, table)
        counts = Counts()
        if table.partitioned:
            if not any(column.identifies for column in table.columns):
                own = pc.or_(own, named)
            counts.deleted = _count(own)
            rows, named = rows.filter(pc.invert(own)), named.filter(pc.invert(own))
            counts.redacted = _count(named)
            return (self._redacted(rows, table) if counts.redacted else rows), counts
        counts.pseudonymised = _count(own)
        counts.redacted = _count(pc.and_(named, pc.invert(own)))
        if counts:
            rows = self._made_nobodys(self._redacted(rows, table), rows, table, own)
        return rows, counts

    def _own(self, rows: pa.Table, table: Table) -> pa.ChunkedArray:
        """Which rows carry an identifier of the person in a column for it."""
        own = pa.chunked_array([pa.repeat(pa.scalar(False), len(rows))])
        for column in table.columns:
            values = self.person.values(table, column.identifies)
            if values and column.name in rows.column_names:
                wanted = pa.array(list(values), pa.string())
                own = pc.or_(own, pc.is_in(_bare(rows[column.name], column), value_set=wanted))
        return own

    def _named(self, rows: pa.Table, table: Table) -> pa.ChunkedArray:
        """Which rows hold an identifier of the person in a text."""
        named = pa.chunked_array([pa.repeat(pa.scalar(False), len(rows))])
        pattern = self.person.pattern
        for name in _texts(rows, table) if pattern else ():
            found = pc.match_substring_regex(rows[name], pattern)
            named = pc.or_(named, pc.fill_null(found, fill_value=False))
        return named

    def _redacted(self, rows: pa.Table, table: Table) -> pa.Table:
        pattern = self.person.pattern
        for name in _texts(rows, table) if pattern else ():
            texts = rows[name]
            # Twice, since two that stand side by side share the character between them.
            for _ in range(2):
                texts = pc.replace_substring_regex(texts, pattern, REDACTED)
            rows = rows.set_column(rows.column_names.index(name), name, texts)
        return rows

    def _made_nobodys(
        self, rows: pa.Table, before: pa.Table, table: Table, own: pa.ChunkedArray
    ) -> pa.Table:
        """Rows in which the person's own are a stranger's."""
        kinds = {column.name: column for column in table.columns}
        for name in rows.column_names:
            column, values = kinds.get(name), rows[name].to_pylist()
            is_extra = name == "_extra"
            if not is_extra and (column is None or not _may_tell(column)):
                continue
            names = self.person.values(table, column.identifies) if column else {}
            ids = _bare(before[name], column).to_pylist() if names and column else []
            for place, is_own in enumerate(own.to_pylist()):
                if not is_own:
                    continue
                if ids and ids[place] in names and column and column.identifies != ("email",):
                    values[place] = names[ids[place]]
                elif is_extra or (column and column.data_type == "json"):
                    values[place] = self._kept(values[place])
                elif column and column.is_personal:
                    values[place] = None
            index = rows.column_names.index(name)
            rows = rows.set_column(index, name, pa.array(values, rows.schema.field(name).type))
        return rows

    def _kept(self, text: str | None) -> str | None:
        """What of a JSON object may stay."""
        try:
            fields: Any = json.loads(text or "null")
        except ValueError:
            return None
        if not isinstance(fields, dict):
            return None
        kept = {key: value for key, value in fields.items() if key in self.kept_fields}
        return json.dumps(kept, separators=(",", ":")) if kept else None


def landed_files(root: Path, table: Table) -> list[Path]:
    """The landed files of a table."""
    return sorted(table_folder(root, table).rglob("*.parquet"))


def _may_tell(column: Column) -> bool:
    return bool(column.identifies) or column.is_personal or column.data_type == "json"


def _bare(values: pa.ChunkedArray | pa.Array, column: Column) -> pa.ChunkedArray | pa.Array:
    """Values as the map of people has them."""
    if column.identifies == ("email",):
        return pc.utf8_lower(pc.utf8_trim_whitespace(values))
    return pc.replace_substring_regex(values, PREFIX, "")


def _batches(file: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(file) as landed:
        for batch in landed.iter_batches(BATCH_ROWS):
            yield pa.Table.from_batches([batch])


def _texts(rows: pa.Table, table: Table | None = None) -> list[str]:
    """Columns of text; with a table without those whose values identify: they are right or not."""
    ids = {column.name for column in (table.columns if table else ()) if column.identifies}
    return [
        field.name
        for field in rows.schema
        if pa.types.is_string(field.type) and field.name not in ids
    ]


def _count(mask: pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)
