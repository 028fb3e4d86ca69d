"""`headwater land --loaded`: what is new in the tables that a loader keeps in a warehouse.

A table's new rows become files, and the files land as any other. They are read from LOOKBACK
before the newest sync time of the last run, for a loader may commit an older row later, and what
was there at the last run is left out; of a table without a sync time every row is read.

Everything about a table lies in `<landing root>/headwater/loaded/<table>/<run>/`: the files that
have not landed yet, the rows to compare with next time, and the newest sync time. The folder
appears by one rename when all of it is there. A run that is killed before has done nothing; after,
the next run lands what is left.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.landing.contract import Source, Table
from headwater.landing.land import FileReport, LandingError, land_files
from headwater.landing.lock import LockedError, alone
from headwater.landing.warehouses import BATCH_ROWS, Location, new_rows, opened, parse_location
from headwater.sql import quote

VARIABLE = "loaded_tables"
LOOKBACK = timedelta(days=2)
FILE_BATCHES = 64  # half a million rows a file, so that a run that is killed has not much to repeat
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING = "(select cast(null as blob) as digest, 0 as copies where false)"
READ_SCHEMA = pa.schema([("synced", pa.int64()), ("text", pa.string())])
# A row is known by what it holds; a column that a loader adds and leaves empty changes nothing.
ROWS = """
create view rows as
select synced, text, unhex(md5(coalesce(
    try(cast(json_merge_patch('{{}}', text) as varchar)), text
))) as digest
from read_parquet({read});
create view known as select digest, copies from {known}
"""
NEW = """
create temp table grown as
select
    rows.digest,
    count(*) as present,
    count(*) - coalesce(any_value(known.copies), 0) as added
from rows left join known on rows.digest = known.digest
group by 1
having added > 0;

select text from rows inner join grown using (digest) where added = present
union all
select text from (
    select text, added, row_number() over (partition by digest) as copy
    from rows inner join grown using (digest)
    where added < present
)
where copy <= added
"""
# What the next run will read again, should it still be there.
KNOWN = """
copy (
    select digest, count(*) as copies from rows
    where synced is null or synced >= {horizon}
    group by 1
) to {target} (format parquet)
"""


@dataclass(frozen=True)
class LoadedTable:
    """A table of ours, and one of a loader that holds its rows."""

    source: str
    table: str
    location: Location

    def __str__(self) -> str:
        return f"{self.source}.{self.table}"


def loaded_tables(setting: object, contract: Mapping[str, Source]) -> list[LoadedTable]:
    """The entries of the var `loaded_tables`.

    Args:
        setting: location, or list of locations, by `<source>.<table>`.
        contract: the landing contract.

    Raises:
        LandingError: an entry names a table that does not exist, or no location.
    """
    if not isinstance(setting, dict):
        raise LandingError(f"var {VARIABLE} must be a mapping of tables, got {setting!r}.")
    return [
        LoadedTable(*_our_table(str(name), contract), _location(str(name), text))
        for name, texts in setting.items()
        for text in (texts if isinstance(texts, list) else [texts])
    ]


def _our_table(name: str, contract: Mapping[str, Source]) -> tuple[str, str]:
    where, (source, _, table) = f"var {VARIABLE}, entry {name!r}", name.partition(".")
    if source not in contract:
        raise LandingError(
            f"{where}: there is no source {source!r}; use one of {', '.join(contract)}."
        )
    if table not in contract[source].tables:
        known = ", ".join(contract[source].tables)
        raise LandingError(f"{where}: {source} has no such table; use one of {known}.")
    return source, table


def _location(name: str, text: object) -> Location:
    try:
        return parse_location(text)
    except LandingError as error:
        raise LandingError(f"var {VARIABLE}, entry {name!r}: {error}") from None


class TableLanding:
    """Lands what is new in one loaded table.

    Args:
        loaded: the table.
        source: the contract of its source.
        rejects: the contract of headwater.rejected_rows.
        root: landing root.
        project_dir: folder of the dbt project.
        now: the present, UTC.

    Raises:
        LandingError: the root holds the simulated company.
    """

    def __init__(
        self,
        loaded: LoadedTable,
        source: Source,
        rejects: Table,
        root: Path,
        project_dir: Path,
        *,
        now: datetime | None = None,
    ) -> None:
        list(land_files(source, [], root, rejects))  # raises if nothing may land here
        self.loaded, self.source, self.rejects, self.root = loaded, source, rejects, root
        self.project_dir, self.now = project_dir, now or datetime.now(UTC)
        # Another place is another table: what is known of the one says nothing of the other.
        digest = hashlib.sha256(str(loaded.location).encode()).hexdigest()[:8]
        self.name = re.sub(r"[^\w.-]", "_", f"{loaded.location.table}-{digest}")
        self.folder = root / "headwater" / "loaded" / f"{loaded}-{digest}"
        self.folder.mkdir(parents=True, exist_ok=True)

    def land(self) -> Iterator[FileReport]:
        """Land what a run before has left, then what is new.

        Yields:
            A report per file; none when nothing is new.

        Raises:
            LandingError: the table cannot be read, or another run is reading it.
        """
        try:
            with alone(self.folder):
                yield from self._land_files()
                self._read()
                yield from self._land_files()
        except LockedError as error:
            raise LandingError(str(error)) from None

    def _runs(self) -> list[Path]:
        """The folders of the runs, oldest first: the last, and one before if it was killed."""
        return sorted(self.folder.glob("[0-9]*"))

    def _land_files(self) -> Iterator[FileReport]:
        """Land the files of the last run that have not landed."""
        for run in self._runs()[-1:]:
            for file in sorted(run.glob("*.jsonl.gz")):
                table = self.loaded.table
                for report in land_files(self.source, [file], self.root, self.rejects, table):
                    yield replace(report, file=Path(file.name))
                file.unlink()

    def _read(self) -> None:
        """Read the table, and leave what is new in the folder of a run."""
        before = self._runs()
        number = int(before[-1].name) + 1 if before else 1
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        mark = _mark_of(before[-1]) if before else None
        try:
            with opened(self.loaded.location, self.project_dir) as ask:
                since = mark - LOOKBACK if mark else None
                has_time, batches = new_rows(self.loaded.location, ask, since)
                newest = _write_read(draft / "read.parquet", batches)
        except LandingError as error:
            raise LandingError(f"var {VARIABLE}, entry {str(self.loaded)!r}: {error}") from error
        if not has_time:
            mark = None
        elif newest is not None:
            # A time to come would hide what is synced until then.
            mark = max(mark or EPOCH, min(newest, self.now))
        self._compare(draft, before[-1] if before else None, mark, number)
        (draft / "read.parquet").unlink()
        state = {"table": str(self.loaded.location), "synced_at": mark and mark.isoformat()}
        (draft / "state.json").write_text(json.dumps(state) + "\n", encoding="utf-8")
        draft.replace(self.folder / f"{number:06}")
        for run in before:
            shutil.rmtree(run)

    def _compare(
        self, draft: Path, before: Path | None, mark: datetime | None, number: int
    ) -> None:
        """Write the rows that the run before had not, and those that the next has to know."""
        known = f"read_parquet({quote(str(before / 'known.parquet'))})" if before else NOTHING
        with duckdb.connect() as connection:
            connection.execute(
                "set memory_limit = '1GB'; set threads = 2; set preserve_insertion_order = false;"
                f"set temp_directory = {quote(str(draft / 'temporary'))}"
            )
            read, target = quote(str(draft / "read.parquet")), quote(str(draft / "known.parquet"))
            connection.execute(ROWS.format(read=read, known=known))
            horizon = (mark - LOOKBACK - EPOCH) // timedelta(microseconds=1) if mark else 0
            connection.execute(KNOWN.format(horizon=horizon, target=target))
            new = connection.execute(NEW)
            batches = iter(lambda: new.fetchmany(BATCH_ROWS), [])
            _write_files(draft, f"{self.name}.{number:06}", batches)


def _mark_of(run: Path) -> datetime | None:
    """The newest sync time that a run has seen."""
    text = json.loads((run / "state.json").read_text("utf-8"))["synced_at"]
    return datetime.fromisoformat(text) if text else None


def _write_read(file: Path, batches: Iterator[list[Any]]) -> datetime | None:
    """Put rows into a file; the newest sync time among them."""
    newest = None
    with pq.ParquetWriter(file, READ_SCHEMA, compression="zstd") as writer:
        for batch in batches:
            times, texts = zip(*batch, strict=True)
            writer.write_batch(pa.record_batch([pa.array(times, pa.int64()), texts], READ_SCHEMA))
            newest = max((t for t in (*times, newest) if t is not None), default=None)
    return None if newest is None else EPOCH + timedelta(microseconds=newest)


def _write_files(folder: Path, name: str, batches: Iterator[list[Any]]) -> None:
    """Write rows as lines of files of bounded size.

    The name is in the header of the gzip file: files of equal rows differ in content, and a row
    that comes back after another version of it lands again.
    """
    for part in itertools.count(1):
        several = itertools.islice(batches, FILE_BATCHES)
        first = next(several, None)
        if first is None:
            return
        file = f"{name}.{part:05}.jsonl.gz"
        with (folder / file).open("wb") as raw, gzip.GzipFile(file, "wb", 1, raw, 0) as packed:
            for batch in itertools.chain([first], several):
                # Between two JSON tokens a line feed means nothing; inside a text there is none.
                lines = [text.replace("\n", " ").encode() + b"\n" for (text,) in batch]
                packed.writelines(lines)
