"""The landing contract, read from `models/staging/<source>/_sources.yml`.

The YAML says which columns a landed table has, with their types, and where in the vendor's record
each one is found. `_loader_columns.csv` beside it adds how loaders such as Fivetran and Airbyte
spell the columns. Nothing here reads or writes data.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

ARROW_TYPES: dict[str, pa.DataType] = {
    "varchar": pa.string(),
    "json": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")

# What identifies a person, as in marts.person_identifiers.
IDENTIFIER_TYPES = (
    "device", "user", "customer", "checkout", "email", "stripe_customer", "crm_person",
)  # fmt: skip

# What every landed row carries beside the vendor's columns.
LANDING_COLUMNS: dict[str, pa.DataType] = {
    "_extra": pa.string(),  # JSON object of the fields that the contract does not name
    "_landed_at": pa.timestamp("us"),
    "_file": pa.string(),  # the export file the row came from
    "_row": pa.int64(),  # its 1-based row in that file
}

FieldPath = tuple[str, ...]

# What tells a table's records from others, by field: True when they have it, False when they have
# it not, a text when it equals the text.
Marks = dict[str, str | bool]

LOADER_COLUMNS = "_loader_columns.csv"
LOADER_HEADER = ["loader", "table", "loader_column", "column", "recognises"]
RECOGNISES = {"yes": True, "no": False}


class ContractError(ValueError):
    """A source YAML file breaks the contract's rules; the message names file, table and column."""


@dataclass(frozen=True)
class Column:
    """One column of a landed table.

    `paths` are the places in a vendor's record to look for the value, first match first; a path
    that starts with `^` leads into the parent's record, one with `@` into the envelope. `rest_of`
    is set on a JSON column that keeps what the other columns left of an object. `is_key_value`
    marks a JSON column that GA4 exports as a list of keys and typed values and that is landed as
    one flat object. `prefixes` are beginnings of names: a loader made columns of the keys of the
    JSON object, and they become its keys again. `identifies` are the types of identifier that it
    may hold, and `is_personal` says that it is otherwise about a person; both for erasure.
    """

    name: str
    data_type: str
    paths: tuple[FieldPath, ...]
    rest_of: FieldPath | None = None
    is_key_value: bool = False
    prefixes: tuple[str, ...] = ()
    identifies: tuple[str, ...] = ()
    is_personal: bool = False

    @property
    def arrow_type(self) -> pa.DataType:
        """The type the column has in the landed Parquet file."""
        if match := DECIMAL.fullmatch(self.data_type):
            return pa.decimal128(int(match[1]), int(match[2]))
        return ARROW_TYPES[self.data_type]


@dataclass(frozen=True)
class Nested:
    """Where the rows of a child table sit inside its parent's record."""

    parent: str
    path: FieldPath


@dataclass(frozen=True)
class Table:
    """One landed table: `<landing root>/<source>/<name>/`."""

    source: str
    name: str
    columns: tuple[Column, ...]
    partitioned: bool
    recognised_by: tuple[Marks, ...]  # any of them: the vendor's own, then one a loader
    nested_in: Nested | None = None

    @cached_property
    def schema(self) -> pa.Schema:
        """Arrow schema of the landed file, the landing columns last."""
        fields = [pa.field(column.name, column.arrow_type) for column in self.columns]
        return pa.schema(fields + [pa.field(name, kind) for name, kind in LANDING_COLUMNS.items()])

    @property
    def exact_fields(self) -> dict[str, str]:
        """Fields that only say which table a record is of, with the text that says so."""
        marks = [mark for marks in self.recognised_by for mark in marks.items()]
        return {key: value for key, value in marks if isinstance(value, str)}


@dataclass(frozen=True)
class Source:
    """All tables of one vendor, and where its envelopes keep the records."""

    name: str
    tables: dict[str, Table]
    unwrap: tuple[FieldPath, ...]

    @cached_property
    def recognitions(self) -> list[tuple[Marks, Table]]:
        """Each table's marks; those with most fields first, else in the contract's order."""
        found = [(marks, table) for table in self.tables.values() for marks in table.recognised_by]
        return sorted(found, key=lambda pair: -sum(map(bool, pair[0].values())))

    @cached_property
    def text_marks(self) -> list[str]:
        """Fields whose values tell tables apart."""
        marks = [mark for marks, _ in self.recognitions for mark in marks.items()]
        return sorted({key for key, value in marks if isinstance(value, str)})

    def children_of(self, table: Table) -> list[Table]:
        """The tables whose rows are nested in the table's records."""
        others = self.tables.values()
        return [
            other for other in others if other.nested_in and other.nested_in.parent == table.name
        ]

    def recognise(self, record: dict[str, Any]) -> Table | None:
        """The table that the record belongs to, None if there is none."""
        return next((table for marks, table in self.recognitions if _fits(record, marks)), None)


def _fits(record: dict[str, Any], marks: Marks) -> bool:
    return all(
        record.get(key) == mark if isinstance(mark, str) else (key in record) == mark
        for key, mark in marks.items()
    )


def tables_of(contract: dict[str, Source]) -> list[Table]:
    """Every table of every source."""
    return [table for source in contract.values() for table in source.tables.values()]


def load_contract(project_dir: Path) -> dict[str, Source]:
    """Read every source of a project.

    Args:
        project_dir: the folder that holds `models/staging/`.

    Returns:
        Source by name, in alphabetical order.

    Raises:
        ContractError: no source file is found, or one breaks a rule.
    """
    files = sorted((project_dir / "models" / "staging").glob("*/_sources.yml"))
    if not files:
        raise ContractError(
            f"{project_dir}: no models/staging/*/_sources.yml found. "
            "Run headwater in the project's folder, or name it with --project-dir."
        )
    sources: dict[str, Source] = {}
    for file in files:
        for entry in yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["sources"]:
            sources[entry["name"]] = _source(file, entry)
    return sources


def _path(text: str) -> FieldPath:
    return tuple(text.split("."))


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = entry.get("config", {}).get("meta", {})
    return meta


def _source(file: Path, entry: dict[str, Any]) -> Source:
    tables = {table["name"]: _table(file, entry["name"], table) for table in entry["tables"]}
    loaders = file.with_name(LOADER_COLUMNS)
    if entry["name"] == file.parent.name and loaders.exists():
        tables = _with_loaders(loaders, tables)
    unwrap = tuple(_path(text) for text in _meta(entry).get("unwrap", []))
    return Source(entry["name"], tables, unwrap)


def _table(file: Path, source: str, entry: dict[str, Any]) -> Table:
    meta = _meta(entry)
    known = meta.get("recognised_by")
    nested = meta.get("nested_in")
    return Table(
        source=source,
        name=entry["name"],
        columns=tuple(_column(file, entry["name"], column) for column in entry["columns"]),
        partitioned=bool(meta.get("partitioned", False)),
        recognised_by=() if not known else (_marks(known),),
        nested_in=Nested(nested["table"], _path(nested["path"])) if nested else None,
    )


def _marks(known: dict[str, str | bool] | list[str]) -> Marks:
    return known if isinstance(known, dict) else dict.fromkeys(known, True)


def _column(file: Path, table: str, entry: dict[str, Any]) -> Column:
    where = f"{file}: table {table}, column {entry.get('name')}"
    kind = str(entry.get("data_type", ""))
    if kind not in ARROW_TYPES and not DECIMAL.fullmatch(kind):
        known = ", ".join([*ARROW_TYPES, "decimal(p, s)"])
        raise ContractError(f"{where}: data_type is {kind!r}; use one of {known}.")
    if entry["name"] in LANDING_COLUMNS:
        raise ContractError(f"{where}: the name is reserved for the landing columns; rename it.")
    meta = _meta(entry)
    rest_of = _path(meta["rest_of"]) if meta.get("rest_of") else None
    if rest_of and kind != "json":
        raise ContractError(f"{where}: rest_of keeps an object, so data_type must be json.")
    paths = () if rest_of else tuple(_path(text) for text in meta.get("from", [entry["name"]]))
    identifies = tuple(meta.get("identifies", ()))
    if unknown := set(identifies) - set(IDENTIFIER_TYPES):
        known = ", ".join(IDENTIFIER_TYPES)
        raise ContractError(f"{where}: identifies {sorted(unknown)[0]!r}; use some of {known}.")
    return Column(
        entry["name"],
        kind,
        paths,
        rest_of,
        bool(meta.get("key_value", False)),
        identifies=identifies,
        is_personal=bool(meta.get("personal", False)),
    )


def _with_loaders(file: Path, tables: dict[str, Table]) -> dict[str, Table]:
    """The tables, with the names that loaders give to their columns."""
    marks: dict[tuple[str, str], Marks] = {}
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        if reader.fieldnames != LOADER_HEADER:
            raise ContractError(f"{file}: the header must be {','.join(LOADER_HEADER)}.")
        for row in reader:
            where = f"{file}, line {reader.line_num}"
            table = tables.get(row["table"])
            if table is None:
                known = ", ".join(tables)
                raise ContractError(f"{where}: no table {row['table']!r}; use one of {known}.")
            if row["column"]:
                tables = {**tables, table.name: _with_alias(where, table, row)}
            if row["recognises"]:
                if row["recognises"] not in RECOGNISES:
                    raise ContractError(f"{where}: recognises is yes, no or blank.")
                found = marks.setdefault((row["loader"], table.name), {})
                found[row["loader_column"]] = RECOGNISES[row["recognises"]]
    for (_, name), found in marks.items():
        known_by = (*tables[name].recognised_by, found)
        tables = {**tables, name: replace(tables[name], recognised_by=known_by)}
    return tables


def _with_alias(where: str, table: Table, row: dict[str, str]) -> Table:
    """The table, with one more name for a column: it is taken literally, with its dots."""
    column = next((column for column in table.columns if column.name == row["column"]), None)
    if column is None:
        raise ContractError(f"{where}: {table.name} has no column {row['column']!r}.")
    name = row["loader_column"]
    is_prefix = name.endswith("*")
    if column.rest_of or (is_prefix and column.data_type != "json"):
        raise ContractError(f"{where}: {column.name} cannot be read from {name!r}.")
    if is_prefix:
        changed = replace(column, prefixes=(*column.prefixes, name.removesuffix("*")))
    else:
        changed = replace(column, paths=tuple(dict.fromkeys((*column.paths, (name,)))))
    columns = tuple(changed if other is column else other for other in table.columns)
    return replace(table, columns=columns)
