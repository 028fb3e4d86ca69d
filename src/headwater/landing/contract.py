"""The landing contract, read from `models/staging/<source>/_sources.yml`.

The YAML says which columns a landed table has, with their types, and where in the vendor's record
each one is found. Nothing here reads or writes data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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

# What every landed row carries beside the vendor's columns.
LANDING_COLUMNS: dict[str, pa.DataType] = {
    "_extra": pa.string(),  # JSON object of the fields that the contract does not name
    "_landed_at": pa.timestamp("us"),
    "_file": pa.string(),  # the export file the row came from
    "_row": pa.int64(),  # its 1-based row in that file
}

FieldPath = tuple[str, ...]


class ContractError(ValueError):
    """A source YAML file breaks the contract's rules; the message names file, table and column."""


@dataclass(frozen=True)
class Column:
    """One column of a landed table.

    `paths` are the places in a vendor's record to look for the value, first match first; a path
    that starts with `^` leads into the parent's record. `rest_of` is set on a JSON column that
    keeps what the other columns left of an object. `is_key_value` marks a JSON column that GA4
    exports as a list of keys and typed values and that is landed as one flat object.
    """

    name: str
    data_type: str
    paths: tuple[FieldPath, ...]
    rest_of: FieldPath | None = None
    is_key_value: bool = False

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
    recognised_by: dict[str, str | None]
    nested_in: Nested | None = None

    @cached_property
    def schema(self) -> pa.Schema:
        """Arrow schema of the landed file, the landing columns last."""
        fields = [pa.field(column.name, column.arrow_type) for column in self.columns]
        return pa.schema(fields + [pa.field(name, kind) for name, kind in LANDING_COLUMNS.items()])

    def recognises(self, record: dict[str, Any]) -> bool:
        """Whether a vendor's record belongs to this table."""
        return bool(self.recognised_by) and all(
            key in record and (value is None or record[key] == value)
            for key, value in self.recognised_by.items()
        )


@dataclass(frozen=True)
class Source:
    """All tables of one vendor, and where its envelopes keep the records."""

    name: str
    tables: dict[str, Table]
    unwrap: tuple[FieldPath, ...]

    def recognise(self, record: dict[str, Any]) -> Table | None:
        """The first table that the record belongs to, None if there is none."""
        return next((t for t in self.tables.values() if t.recognises(record)), None)


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
    unwrap = tuple(_path(text) for text in _meta(entry).get("unwrap", []))
    return Source(entry["name"], tables, unwrap)


def _table(file: Path, source: str, entry: dict[str, Any]) -> Table:
    meta = _meta(entry)
    known = meta.get("recognised_by", {})
    nested = meta.get("nested_in")
    return Table(
        source=source,
        name=entry["name"],
        columns=tuple(_column(file, entry["name"], column) for column in entry["columns"]),
        partitioned=bool(meta.get("partitioned", False)),
        recognised_by=known if isinstance(known, dict) else dict.fromkeys(known),
        nested_in=Nested(nested["table"], _path(nested["path"])) if nested else None,
    )


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
    return Column(entry["name"], kind, paths, rest_of, bool(meta.get("key_value", False)))
