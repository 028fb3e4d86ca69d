"""Answers that are no plain pages of JSON records: Amplitude, Mixpanel, BigQuery and Stripe."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from requests import RequestException

from headwater.ingest.api import Api, LastId
from headwater.ingest.streams import Stream, Window

LINES_A_PAGE = 5_000
CUT_SHORT = b"terminated early"
INNER_LISTS = ("lines", "items", "refunds")


def zipped_lines(api: Api, stream: Stream, window: Window) -> Iterator[Iterable[bytes]]:
    """Amplitude's export: a zip of gzipped JSONL files."""
    content = api.get(stream, window).content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in sorted(archive.namelist()):
                with archive.open(name) as packed, gzip.open(packed) as lines:
                    yield from _in_pages(line.rstrip(b"\r\n") for line in lines)
    except (zipfile.BadZipFile, EOFError) as error:
        raise RequestException(f"the zip file is damaged: {error}") from error


def plain_lines(api: Api, stream: Stream, window: Window) -> Iterator[Iterable[bytes]]:
    """Mixpanel's export: JSONL, which says in its last line that it was cut short."""
    with api.get(stream, window, streamed=True) as response:
        yield from _in_pages(_to_the_end(response.iter_lines(chunk_size=2**16)))


def _to_the_end(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        if line.strip() == CUT_SHORT:
            raise RequestException("the export was terminated early")
        yield line


def _in_pages(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    page: list[bytes] = []
    for line in lines:
        if line.strip():
            page.append(line)
        if len(page) == LINES_A_PAGE:
            yield page
            page = []
    yield page


def bigquery_rows(api: Api, stream: Stream, window: Window) -> Iterator[Iterable[bytes]]:
    """The rows of a table of BigQuery as JSON objects, as an export of the table writes them."""
    fields = api.get(stream, window).json()["schema"]["fields"]
    for page in api.pages(stream, window, f"{api.path(stream, window)}/data"):
        yield [_text(_row(row, fields)) for row in page]


def _row(row: dict[str, Any], fields: list[dict[str, Any]]) -> dict[str, Any]:
    """A row {f: [{v: …}]} by the names of its fields; absent values are left out."""
    found: dict[str, object] = {}
    for cell, field in zip(row["f"], fields, strict=True):
        value = cell["v"]
        if value is None:
            continue
        if field.get("mode") == "REPEATED":
            found[field["name"]] = [_value(element["v"], field) for element in value]
        else:
            found[field["name"]] = _value(value, field)
    return found


def _value(value: object, field: dict[str, Any]) -> object:
    if isinstance(value, dict):
        return _row(value, field["fields"])
    return value


def whole_objects(api: Api, stream: Stream, window: Window) -> Iterator[Iterable[bytes]]:
    """Stripe's objects with all of their lines or items; a list holds only the first of them."""
    for page in api.pages(stream, window):
        for record in page:
            for name in INNER_LISTS:
                inner = record.get(name)
                if isinstance(inner, dict) and inner.get("has_more"):
                    pages = api.client.paginate(
                        inner["url"],
                        params={"limit": 100},
                        paginator=LastId(),
                        data_selector="data",
                    )
                    inner |= {"data": [part for found in pages for part in found]}
                    inner["has_more"] = False
        yield [_text(record) for record in page]


def _text(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()
