"""From export files to records: JSON texts with their row numbers, in batches of bounded size.

Lines of JSONL are passed on as they are, a block of bytes at a time, and no Python runs for a
single line unless it is broken; documents, CSV and Parquet become one JSON text a record. What
cannot be read becomes a `Broken` and the rest goes on. Nothing here knows any vendor.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.landing.gzip_reader import GZIP_MARK, open_gzip

BATCH_ROWS = 122_880
# DuckDB needs some ten times the size of the JSON texts that it reads at once.
BATCH_BYTES = 16 * 2**20
LONGEST_LINE = 16 * 2**20
PIECE_BYTES = 2**20
PARQUET_ROWS = 8_192
DELIMITERS = ",;\t|"
UTF8_MARK = b"\xef\xbb\xbf"
OTHER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}
NO_ROWS, NO_TEXTS = pa.array([], pa.int64()), pa.array([], pa.string())
# Opened files of both kinds let the first bytes be seen before they are read.
Opened = io.BufferedReader | zipfile.ZipExtFile
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


@dataclass(frozen=True)
class Batch:
    """Records of one member of a file; `document` is a parsed JSON text still to be unwrapped."""

    member: str
    rows: pa.Int64Array  # row numbers
    texts: pa.StringArray  # JSON, as far as one can tell
    document: Any = None


class _Gathered:
    """A batch in the making, record by record."""

    def __init__(self, member: str) -> None:
        self.member = member
        self._rows: list[int] = []
        self._texts: list[str] = []
        self._size = 0

    def add(self, row: int, text: str) -> None:
        """Take in one record."""
        self._rows.append(row)
        self._texts.append(text)
        self._size += len(text)

    @property
    def is_full(self) -> bool:
        """Whether to hand it on before adding more."""
        return len(self._rows) >= BATCH_ROWS or self._size >= BATCH_BYTES

    def batch(self) -> Batch:
        """What has been gathered."""
        rows, texts = pa.array(self._rows, pa.int64()), pa.array(self._texts, pa.string())
        return Batch(self.member, rows, texts)


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
        if head.startswith(GZIP_MARK):
            yield from _read_stream(
                open_gzip(cast(IO[bytes], stream)), member, name.removesuffix(".gz")
            )
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
    with zipfile.ZipFile(_seekable(stream)) as archive:
        for entry in sorted(archive.namelist()):
            if entry.endswith("/"):
                continue
            inner = f"{member}/{entry}" if member else entry
            try:
                with archive.open(entry) as opened:
                    yield from _read_stream(cast(zipfile.ZipExtFile, opened), inner, entry)
            except READ_ERRORS as error:
                yield _damage(inner, 0, error)


def _seekable(stream: Opened) -> IO[bytes]:
    """A stream that can be read from any place; what was packed is unpacked to disk for that."""
    if stream.seekable():
        return cast(IO[bytes], stream)
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115, as it goes when nobody reads it any more
    shutil.copyfileobj(stream, unpacked, PIECE_BYTES)
    unpacked.seek(0)
    return unpacked


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


def _read_lines(stream: Opened | io.BytesIO, member: str) -> Iterator[Batch | Broken]:
    row = 0
    try:
        for block in _blocks(stream):
            if block is None:
                row += 1
                yield _too_long(member, row)
                continue
            content = block if row else block.removeprefix(UTF8_MARK)
            offsets = _line_offsets(content)
            yield from _checked(content, offsets, member, row)
            row += len(offsets) - 1
    except READ_ERRORS as error:
        yield _damage(member, row, error)
        return
    if row == 0:
        yield Broken(member, 0, "unreadable_file", "The file is empty; export it again.")


def _blocks(stream: Opened | io.BytesIO) -> Iterator[bytes | None]:
    """Blocks of whole lines; None stands for a line that is too long to be kept."""
    begun, is_too_long = b"", False
    for piece in _pieces(stream):
        block = begun + piece
        if is_too_long:
            _, mark, block = block.partition(b"\n")
            is_too_long = not mark
        end = block.rfind(b"\n") + 1
        if end:
            yield block[:end]
        begun = block[end:]
        if len(begun) >= LONGEST_LINE:
            yield None
            begun, is_too_long = b"", True
    if begun:
        yield begun


def _pieces(stream: Opened | io.BytesIO) -> Iterator[bytes]:
    """The stream in pieces of about BATCH_BYTES; of a damaged one all that stands before."""
    while True:
        parts: list[bytes] = []
        size = 0
        try:
            while size < BATCH_BYTES and (part := stream.read1(PIECE_BYTES)):
                parts.append(part)
                size += len(part)
        except READ_ERRORS:
            yield b"".join(parts)
            raise
        if not parts:
            return
        yield b"".join(parts)


def _line_offsets(block: bytes) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Where each line begins, and last where the block ends."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    last = [] if block.endswith(b"\n") or not block else [len(block)]
    return np.concatenate(([0], ends, last)).astype(np.int32)


def _checked(
    block: bytes, offsets: np.ndarray[Any, np.dtype[np.int32]], member: str, before: int
) -> Iterator[Batch | Broken]:
    """The lines of a block but the blank ones, which follow `before` others."""
    count = len(offsets) - 1
    texts = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(block))
    rows = np.arange(before + 1, before + 1 + count)
    is_kept = np.ones(count, np.bool_)
    for line in _doubtful(block, offsets, texts):
        content = block[offsets[line] : offsets[line + 1]]
        row = before + 1 + int(line)
        is_kept[line] = False
        if len(content) > LONGEST_LINE:
            yield _too_long(member, row)
        elif content.strip():
            try:
                content.decode("utf-8")
                is_kept[line] = True
            except UnicodeDecodeError as error:
                yield _not_utf8(member, row, content, error)
    if not is_kept.all():
        rows, texts = rows[is_kept], texts.filter(pa.array(is_kept))
    for start in range(0, len(rows), BATCH_ROWS):
        part = slice(start, start + BATCH_ROWS)
        yield Batch(member, pa.array(rows[part]), texts[part])


def _doubtful(
    block: bytes, offsets: np.ndarray[Any, np.dtype[np.int32]], texts: pa.StringArray
) -> Iterator[int]:
    """Lines that may be blank, too long or no UTF-8, seen without looking at each in Python."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        yield from range(len(texts))
        return
    firsts = np.frombuffer(block, np.uint8)[offsets[:-1]]
    is_doubtful = (firsts <= ord(" ")) | (np.diff(offsets) > LONGEST_LINE)
    yield from np.flatnonzero(is_doubtful).tolist()


def _too_long(member: str, row: int) -> Broken:
    detail = f"The line is longer than {LONGEST_LINE // 2**20} MiB."
    return Broken(member, row, "unreadable_row", detail)


def _not_utf8(member: str, row: int, line: bytes, error: UnicodeDecodeError) -> Broken:
    detail = f"Byte {error.start + 1} of the row is not UTF-8; convert the file to UTF-8."
    return Broken(member, row, "unreadable_row", detail, line.decode("utf-8", "replace"))


def _read_document(stream: Opened, member: str) -> Iterator[Batch | Broken]:
    content = stream.read().removeprefix(UTF8_MARK)
    try:
        document = parse(content.decode("utf-8"))
        yield Batch(member, NO_ROWS, NO_TEXTS, document)
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
    batch, row = _Gathered(member), 0
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
                yield batch.batch()
                batch = _Gathered(member)
    except (UnicodeDecodeError, csv.Error, *READ_ERRORS) as error:
        yield batch.batch()
        yield _damage(member, row, error)
        return
    if row == 0:
        yield Broken(member, 0, "unreadable_file", "There is no row of data in it.")
    yield batch.batch()


def _read_parquet(stream: Opened, member: str) -> Iterator[Batch | Broken]:
    row = 0
    try:
        source = pq.ParquetFile(_seekable(stream))
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            batch = _Gathered(member)
            for part in source.iter_batches(batch_size=PARQUET_ROWS):
                records = pa.Table.from_batches([part])
                connection.register("records", records)
                texts = connection.sql("select cast(to_json(records) as varchar) from records")
                for (text,) in texts.fetchall():
                    row += 1
                    batch.add(row, text)
                    if batch.is_full:
                        yield batch.batch()
                        batch = _Gathered(member)
            yield batch.batch()
    except (pa.ArrowException, duckdb.Error, *READ_ERRORS) as error:
        yield _damage(member, row, error)
