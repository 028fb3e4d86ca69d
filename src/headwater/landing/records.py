"""From export files to records: JSON texts with their row numbers, in batches of bounded size.

Lines of JSONL are passed on as they are; documents, CSV and Parquet become one JSON text a record.
What cannot be read becomes a `Broken` and the rest goes on. Nothing here knows any vendor.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 122_880
# DuckDB needs some ten times the size of the JSON texts that it reads at once.
BATCH_BYTES = 16 * 2**20
LONGEST_LINE = 16 * 2**20
PARQUET_ROWS = 8_192
DELIMITERS = ",;\t|"
UTF8_MARK = b"\xef\xbb\xbf"
OTHER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}
TOO_LONG = "The line is longer than {} MiB."
# Opened files of the three kinds: all of them let the first bytes be seen before they are read.
Opened = io.BufferedReader | gzip.GzipFile | zipfile.ZipExtFile
# The last: a zip member that is encrypted, or packed in a way that Python does not know.
READ_ERRORS = (EOFError, OSError, zlib.error, zipfile.BadZipFile, RuntimeError)


@dataclass(frozen=True)
class Broken:
    """A row, or from some row on a whole file, that cannot be read."""

    member: str
    row: int
    reason: str  # unreadable_file or unreadable_row
    detail: str
    payload: str | None = None


@dataclass
class Batch:
    """Records of one member of a file; `document` is a parsed JSON text still to be unwrapped."""

    member: str
    rows: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    document: Any = None
    size: int = 0

    def add(self, row: int, text: str) -> None:
        """Take in one record."""
        self.rows.append(row)
        self.texts.append(text)
        self.size += len(text)

    @property
    def is_full(self) -> bool:
        """Whether to hand it on before adding more."""
        return len(self.rows) >= BATCH_ROWS or self.size >= BATCH_BYTES


def read_records(path: Path) -> Iterator[Batch | Broken]:
    """Read an export file of any supported format.

    JSON documents and JSONL, CSV and Parquet are told apart by content; gzip and zip around them,
    also one in the other, are opened. Row numbers count from 1: lines of JSONL, data rows of CSV
    and Parquet.

    Args:
        path: the file.

    Yields:
        Batches in order, and what could not be read where it stood. Of a damaged file the part
        before the damage is read.
    """
    if path.stat().st_size == 0:
        yield Broken("", 0, "unreadable_file", "The file is empty; export it again.")
        return
    with path.open("rb") as stream:
        yield from _read_stream(stream, "", path.name)


def _read_stream(stream: Opened, member: str, name: str) -> Iterator[Batch | Broken]:
    """Open what is wrapped, then read by content."""
    head = stream.peek(4096)[:4096]
    try:
        if head.startswith(b"\x1f\x8b"):
            yield from _read_stream(gzip.GzipFile(fileobj=stream), member, name.removesuffix(".gz"))
        elif head.startswith(b"PK\x03\x04"):
            yield from _read_zip(stream, member)
        elif head.startswith(b"PAR1"):
            yield from _read_parquet(stream, member)
        elif name.lower().endswith((".parquet", ".zip", ".gz")):
            kind = name.rpartition(".")[2]
            yield Broken(
                member, 0, "unreadable_file", f"The content is not {kind}; export it again."
            )
        else:
            yield from _read_text(stream, member, name, head)
    except READ_ERRORS as error:
        yield _damage(member, 0, error)


def _damage(member: str, row: int, error: Exception) -> Broken:
    where = f"after row {row}" if row else "at its beginning"
    return Broken(
        member,
        row + 1,
        "unreadable_file",
        f"The file breaks off or is damaged {where} ({error}); what stands before was read. "
        "Download it again.",
    )


def _read_zip(stream: Opened, member: str) -> Iterator[Batch | Broken]:
    with zipfile.ZipFile(stream) as archive:
        for entry in sorted(archive.namelist()):
            if entry.endswith("/"):
                continue
            inner = f"{member}/{entry}" if member else entry
            try:
                with archive.open(entry) as opened:
                    yield from _read_stream(cast(zipfile.ZipExtFile, opened), inner, entry)
            except READ_ERRORS as error:
                yield _damage(inner, 0, error)


def _read_text(stream: Opened, member: str, name: str, head: bytes) -> Iterator[Batch | Broken]:
    for mark, encoding in OTHER_MARKS.items():
        if head.startswith(mark):
            detail = f"The text is {encoding}; convert it with `iconv -f {encoding} -t UTF-8`."
            yield Broken(member, 0, "unreadable_file", detail)
            return
    start = head.removeprefix(UTF8_MARK).lstrip()[:1]
    is_lines = name.lower().endswith((".jsonl", ".ndjson"))
    if start not in (b"{", b"[") and not is_lines:
        yield from _read_csv(stream, member, _delimiter(head))
    elif is_lines or (start == b"{" and _begins_with_lines(head)):
        yield from _read_lines(stream, member)
    else:
        yield from _read_document(stream, member)


def _begins_with_lines(head: bytes) -> bool:
    """Whether the first line is a record of its own and others follow."""
    first, _, rest = head.removeprefix(UTF8_MARK).partition(b"\n")
    return bool(rest.strip()) and _is_json(first)


def parse(text: str | bytes) -> object:
    """The value of a JSON text.

    Raises:
        ValueError: it is no JSON, or nested too deeply, or holds a number too long to read.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _is_json(text: bytes) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _read_lines(stream: io.BufferedIOBase, member: str) -> Iterator[Batch | Broken]:
    batch, row = Batch(member), 0
    try:
        while line := stream.readline(LONGEST_LINE):
            row += 1
            if row == 1:
                line = line.removeprefix(UTF8_MARK)
            if not line.strip():
                continue
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                _skip_line(stream)
                yield Broken(member, row, "unreadable_row", TOO_LONG.format(LONGEST_LINE // 2**20))
                continue
            try:
                batch.add(row, line.decode("utf-8"))
            except UnicodeDecodeError as error:
                yield _not_utf8(member, row, line, error)
            if batch.is_full:
                yield batch
                batch = Batch(member)
    except READ_ERRORS as error:
        yield batch
        yield _damage(member, row, error)
        return
    if row == 0:
        yield Broken(member, 0, "unreadable_file", "The file is empty; export it again.")
    yield batch


def _skip_line(stream: io.BufferedIOBase) -> None:
    while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


def _not_utf8(member: str, row: int, line: bytes, error: UnicodeDecodeError) -> Broken:
    detail = f"Byte {error.start + 1} of the row is not UTF-8; convert the file to UTF-8."
    return Broken(member, row, "unreadable_row", detail, line.decode("utf-8", "replace"))


def _read_document(stream: Opened, member: str) -> Iterator[Batch | Broken]:
    content = stream.read().removeprefix(UTF8_MARK)
    try:
        yield Batch(member, document=parse(content.decode("utf-8")))
    except UnicodeDecodeError as error:
        detail = f"Byte {error.start + 1} is not UTF-8; convert the file to UTF-8."
        yield Broken(member, 0, "unreadable_file", detail)
    except json.JSONDecodeError as error:
        if content.lstrip().startswith(b"{") and any(map(_is_json, content.splitlines())):
            yield from _read_lines(io.BytesIO(content), member)  # JSONL with a broken first line
            return
        detail = (
            f"It is no JSON document: {error.msg} at line {error.lineno}, column {error.colno}."
        )
        yield Broken(member, 0, "unreadable_file", detail)
    except ValueError as error:
        yield Broken(member, 0, "unreadable_file", f"The JSON document is not usable: {error}.")


def _delimiter(head: bytes) -> str:
    """What separates the fields of the header: the mark that is most frequent in it."""
    header = head.partition(b"\n")[0].decode("utf-8", "replace")
    return max(DELIMITERS, key=header.count)


def _read_csv(stream: Opened, member: str, delimiter: str) -> Iterator[Batch | Broken]:
    csv.field_size_limit(LONGEST_LINE)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    batch, row = Batch(member), 0
    try:
        reader = csv.DictReader(text, delimiter=delimiter, strict=True)
        header = reader.fieldnames or []
        if twice := sorted({name for name in header if header.count(name) > 1}):
            detail = (
                f"The header names {', '.join(twice)} more than once; rename or drop the others."
            )
            yield Broken(member, 0, "unreadable_file", detail)
            return
        for values in reader:
            row += 1
            if None in values or None in values.values():
                found = sum(
                    1 for key, value in values.items() if key is not None and value is not None
                )
                found += len(values.get(None) or [])
                detail = f"The row has {found} fields, the header {len(header)}."
                yield Broken(member, row, "unreadable_row", detail)
                continue
            batch.add(row, json.dumps({key: value or None for key, value in values.items()}))
            if batch.is_full:
                yield batch
                batch = Batch(member)
    except (UnicodeDecodeError, csv.Error, *READ_ERRORS) as error:
        yield batch
        yield _damage(member, row, error)
        return
    if row == 0:
        yield Broken(member, 0, "unreadable_file", "There is no row of data in it.")
    yield batch


def _read_parquet(stream: Opened, member: str) -> Iterator[Batch | Broken]:
    row = 0
    try:
        source = pq.ParquetFile(stream if stream.seekable() else io.BytesIO(stream.read()))
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            batch = Batch(member)
            for part in source.iter_batches(batch_size=PARQUET_ROWS):
                records = pa.Table.from_batches([part])
                connection.register("records", records)
                texts = connection.sql("select cast(to_json(records) as varchar) from records")
                for (text,) in texts.fetchall():
                    row += 1
                    batch.add(row, text)
                    if batch.is_full:
                        yield batch
                        batch = Batch(member)
            yield batch
    except (pa.ArrowException, duckdb.Error, *READ_ERRORS) as error:
        yield _damage(member, row, error)
