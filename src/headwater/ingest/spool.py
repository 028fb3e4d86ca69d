"""The spool: fetched records as JSONL files, and what of a new answer is not among them yet.

A file is `<table>.<cell>.<number>.jsonl.gz`. It lies in `arriving/` until it has landed. All files
of a cell together are what is known of it, so that an answer that is read again adds only what is
new in it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headwater.ingest.streams import IngestError, Stream
from headwater.landing.lock import LockedError, alone


class Spool:
    """The fetched files of one source, `<landing root>/headwater/ingested/<source>/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.arrivals = folder / "arriving"
        self.arrivals.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other runs of the source away; the lock ends with the process that holds it.

        Raises:
            IngestError: another run is under way.
        """
        try:
            with alone(self.folder):
                yield
        except LockedError as error:
            raise IngestError(str(error)) from None

    def files(self, stream: Stream, cell: str) -> list[Path]:
        """The files of a cell, oldest first."""
        pattern = f"{stream.name}.{cell}.*.jsonl.gz"
        found = [*self.folder.glob(pattern), *self.arrivals.glob(pattern)]
        return sorted(found, key=lambda file: file.name)

    def next_name(self, stream: Stream, cell: str) -> str:
        """The name of a cell's next file; the same again until that file is there."""
        return f"{stream.name}.{cell}.{len(self.files(stream, cell)) + 1:05}.jsonl.gz"

    def write(self, name: str, lines: Iterable[bytes]) -> None:
        """Put a file among the arrivals, whole or not at all.

        The name is in the header of the gzip file: two files of equal records differ in content,
        and a version that comes back after another lands again.
        """
        target = self.arrivals / name
        draft = target.with_suffix(".draft")
        with (
            draft.open("wb") as raw,
            gzip.GzipFile(name, "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
        ):
            packed.writelines(line + b"\n" for line in lines)
        draft.replace(target)

    def arrived(self) -> list[Path]:
        """Files that have not landed, in the order of their names."""
        return sorted(self.arrivals.glob("*.jsonl.gz"))

    def settle(self, file: Path) -> None:
        """Put a file that has landed aside."""
        file.replace(self.folder / file.name)


class Known:
    """What the spool holds of one cell."""

    def __init__(self, stream: Stream, files: Iterable[Path]) -> None:
        self.stream = stream
        self._latest: dict[tuple[Any, ...], bytes] = {}
        self._counts: Counter[bytes] = Counter()
        for line in _lines(files):
            key, digest = self._identify(line)
            if key is None:
                self._counts[digest] += 1
            else:
                self._latest[key] = digest

    def is_new(self, line: bytes) -> bool:
        """Whether a record, or this version of it, is not in the spool; from now on it is."""
        key, digest = self._identify(line)
        if key is None:
            self._counts[digest] -= 1
            return self._counts[digest] < 0
        before = self._latest.get(key)
        self._latest[key] = digest
        return before is None or not (self.stream.is_immutable or before == digest)

    def _identify(self, line: bytes) -> tuple[tuple[Any, ...] | None, bytes]:
        """Key and digest of a record; no key if it has none. The order of its fields is nothing."""
        key, text = None, line
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            pass
        else:
            text = json.dumps(record, sort_keys=True).encode()
            values = tuple(value_at(record, path) for path in self.stream.key)
            key = values if any(value is not None for value in values) else None
        return key, hashlib.blake2b(text, digest_size=16).digest()


def value_at(record: object, path: str) -> object:
    """The value at a dotted path, None if it is not there."""
    for step in path.split("."):
        record = record.get(step) if isinstance(record, dict) else None
    return record


def _lines(files: Iterable[Path]) -> Iterator[bytes]:
    for file in files:
        with gzip.open(file) as lines:
            for line in lines:
                yield line.removesuffix(b"\n")
