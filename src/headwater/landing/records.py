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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.landing.gzip_reader import GZIP_MARK, open_gzip

BATCH_ROWS = 122_880
BATCH_BYTES = 8 * 2**20
# DuckDB works on as many rows at once, and needs up to sixty times the size of their texts; of wide
# rows a batch is therefore smaller.
VECTOR_ROWS = 2_048
WIDE_BYTES = 2 * 2**20
LONGEST_LINE = 16 * 2**20
LONGEST_DOCUMENT = 256 * 2**20  # it is parsed whole, which takes some ten times as much memory
TOO_LARGE = (
    "The JSON document is larger than {} MiB; name the file .jsonl if it is JSON lines, else turn "
    "it into that with `jq -c '.[]'`, or with `.data[]` if the records lie there."
)
PEEKED = 4096
PIECE_BYTES = 2**18
PARQUET_ROWS = 8_192
DELIMITERS = ",;\t|"
UTF8_MARK = b"\xef\xbb\xbf"
LINE_FEED = ord("\n")
OTHER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}
NO_ROWS, NO_TEXTS = pa.array([], pa.int64()), pa.array([], pa.string())
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
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


class _Block(NamedTuple):
    """Whole lines: their bytes, where each begins, and last where the last one ends."""

    content: Bytes
    offsets: np.ndarray[Any, np.dtype[np.int32]]


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
    head = stream.peek(PEEKED)[:PEEKED]
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


def _read_lines(
    stream: Opened | io.BytesIO, member: str, begun: bytes = b""
) -> Iterator[Batch | Broken]:
    """Read lines, of which `begun` has been taken out of the stream already."""
    row = 0
    try:
        for block in _blocks(stream, np.frombuffer(begun, np.uint8)):
            if block is None:
                row += 1
                yield _too_long(member, row)
            else:
                yield from _checked(block, member, row)
                row += len(block.offsets) - 1
    except READ_ERRORS as error:
        yield _damage(member, row, error)
        return
    if row == 0:
        yield Broken(member, 0, "unreadable_file", "The file is empty; export it again.")


def _blocks(stream: Opened | io.BytesIO, begun: Bytes) -> Iterator[_Block | None]:
    """Blocks of whole lines; None stands for a line that is too long to be kept."""
    is_first, is_too_long = True, False
    while True:
        content, damage = _filled(stream, begun)
        is_end = damage is None and len(content) == len(begun)
        ends = np.flatnonzero(content == LINE_FEED) + 1
        if is_end and len(content) and content[-1] != LINE_FEED:
            ends = np.append(ends, len(content))
        start = len(UTF8_MARK) if is_first and content[:3].tobytes() == UTF8_MARK else 0
        if is_too_long:
            is_too_long = not len(ends)
            start, ends = (len(content), ends) if is_too_long else (ends[0], ends[1:])
        if len(ends):
            offsets = np.concatenate(([start], ends)).astype(np.int32)
            yield _Block(content, offsets)
        if damage is not None:
            raise damage
        if is_end:
            return
        begun, is_first = content[ends[-1] if len(ends) else start :], False
        if len(begun) >= LONGEST_LINE:
            yield None
            begun, is_too_long = begun[:0], True


def _filled(stream: Opened | io.BytesIO, begun: Bytes) -> tuple[Bytes, Exception | None]:
    """What was begun and as much as BATCH_BYTES more, less at the end or before damage."""
    content = np.empty(len(begun) + BATCH_BYTES, np.uint8)
    size = len(begun)
    content[:size] = begun
    try:
        # Not readinto1: it forgets what it holds when the stream behind it raises an error.
        while more := stream.read1(min(PIECE_BYTES, len(content) - size)):
            content[size : size + len(more)] = np.frombuffer(more, np.uint8)
            size += len(more)
    except READ_ERRORS as error:
        return content[:size], error
    return content[:size], None


def _checked(block: _Block, member: str, before: int) -> Iterator[Batch | Broken]:
    """The lines of a block but the blank ones, which follow `before` others."""
    count = len(block.offsets) - 1
    buffers = pa.py_buffer(block.offsets), pa.py_buffer(block.content)
    texts = pa.StringArray.from_buffers(count, *buffers)
    rows = np.arange(before + 1, before + 1 + count)
    is_kept = np.ones(count, np.bool_)
    for line in _doubtful(block, texts):
        content = block.content[block.offsets[line] : block.offsets[line + 1]].tobytes()
        row = before + 1 + line
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
    step = min(BATCH_ROWS, WIDE_BYTES * len(rows) // max(texts.nbytes, 1))
    step = BATCH_ROWS if step >= VECTOR_ROWS else max(step, 1)
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        yield Batch(member, pa.array(rows[part]), texts[part])


def _doubtful(block: _Block, texts: pa.StringArray) -> Iterable[int]:
    """Lines that may be blank, too long or no UTF-8, seen without looking at each in Python."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return range(len(texts))
    firsts = block.content[block.offsets[:-1]]
    is_doubtful = (firsts <= ord(" ")) | (np.diff(block.offsets) > LONGEST_LINE)
    lines: list[int] = np.flatnonzero(is_doubtful).tolist()
    return lines


def _too_long(member: str, row: int) -> Broken:
    detail = f"The line is longer than {LONGEST_LINE // 2**20} MiB."
    return Broken(member, row, "unreadable_row", detail)


def _not_utf8(member: str, row: int, line: bytes, error: UnicodeDecodeError) -> Broken:
    detail = f"Byte {error.start + 1} of the row is not UTF-8; convert the file to UTF-8."
    return Broken(member, row, "unreadable_row", detail, line.decode("utf-8", "replace"))


def _read_document(stream: Opened, member: str) -> Iterator[Batch | Broken]:
    first = stream.readline(LONGEST_LINE)
    if first.startswith(b"{") and stream.peek(PEEKED).strip() and _is_json(first):
        yield from _read_lines(stream, member, first)  # JSONL with a long first line
        return
    content = first + stream.read(max(0, LONGEST_DOCUMENT + 1 - len(first)))
    if len(content) > LONGEST_DOCUMENT:
        yield Broken(member, 0, "unreadable_file", TOO_LARGE.format(LONGEST_DOCUMENT // 2**20))
        return
    content = content.removeprefix(UTF8_MARK)
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
