"""`headwater ingest`: one dlt pipeline a source, window by window into the spool, and landed.

A window is fetched in one piece. dlt keeps what was extracted until the spool has it, and its state
says up to where each stream has been read; the spool says what has not landed. So a run that is
killed anywhere loses at most the window it was fetching, and the next one goes on from there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.parquet as pq
from dlt.common.destination import Destination
from dlt.common.schema import TTableSchema
from dlt.pipeline.exceptions import PipelineStepFailed

from headwater.ingest.api import Api
from headwater.ingest.spool import Known, Spool
from headwater.ingest.streams import IngestError, Stream, Vendor, Window, start_of, windows
from headwater.landing.contract import Source, Table
from headwater.landing.land import FileReport, land_files

FIRST_DAYS = timedelta(days=30)
BATCH_ROWS = 10_000
# What dlt shall not do: report to its makers, time itself, look for its state at the destination,
# write to the screen. The environment can still ask for it.
DLT_SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "ENABLE_RUNTIME_TRACE": "false",
    "RESTORE_FROM_DESTINATION": "false",
    "LOAD__DELETE_COMPLETED_JOBS": "true",  # else it keeps all records that it ever fetched
    "RUNTIME__LOG_LEVEL": "CRITICAL",
}


@dataclass(frozen=True)
class Job:
    """A window of a stream that is still to be read."""

    stream: Stream
    window: Window


class Ingestion:
    """A run over one source.

    Args:
        vendor: whose API it is.
        source: the contract of its tables.
        rejects: the contract of headwater.rejected_rows.
        root: landing root.
        since: where to begin at first, UTC, or how much further back to read than before; None for
            30 days ago.
        now: the present, UTC.
        streams: names of the streams to read, all if empty.
        on_page: called with the number of records of each page.

    Raises:
        IngestError: a setting is missing, or there is no such stream.
        LandingError: the root holds the simulated company.
    """

    def __init__(
        self,
        vendor: Vendor,
        source: Source,
        rejects: Table,
        root: Path,
        *,
        since: datetime | None = None,
        now: datetime | None = None,
        streams: Sequence[str] = (),
        on_page: Callable[[int], None] = lambda count: None,
    ) -> None:
        known = [stream.name for stream in vendor.streams]
        if unknown := sorted(set(streams) - set(known)):
            raise IngestError(
                f"{vendor.title} has no stream {unknown[0]!r}; use one of {', '.join(known)}."
            )
        self.source, self.rejects, self.root = source, rejects, root
        self.since, self.now = since, now or datetime.now(UTC)
        self.on_page = on_page
        self.api = Api(vendor)
        self.streams = [s for s in vendor.streams if not streams or s.name in streams]
        list(land_files(source, [], root, rejects))  # raises if nothing may land here
        self.spool = Spool(root / "headwater" / "ingested" / vendor.name)
        self.pipeline = _pipeline(vendor.name, self.spool)

    def resume(self) -> Iterator[FileReport]:
        """Land what an earlier, killed run has fetched."""
        self._to_spool()
        yield from self._landed()

    def jobs(self) -> list[Job]:
        """The windows to read, stream by stream."""
        return [
            Job(stream, window)
            for stream in self.streams
            for window in windows(stream, self._begin(stream), self.now)
        ]

    def fetch(self, job: Job) -> Iterator[FileReport]:
        """Read a window and land what is new in it.

        Raises:
            IngestError: the vendor refuses, fails for good, or cannot be reached.
        """
        resource = dlt.resource(self._records(job), name=job.stream.name, max_table_nesting=0)
        try:
            self.pipeline.extract(resource, loader_file_format="parquet")
        except PipelineStepFailed as failure:
            cause: BaseException | None = failure
            while cause and not isinstance(cause, IngestError | KeyboardInterrupt):
                cause = cause.__cause__ or cause.__context__
            raise cause or failure from None
        self._to_spool()
        yield from self._landed()

    def _begin(self, stream: Stream) -> datetime:
        """Where to go on; `since` can only lead further back than any run before."""
        state = self._state_of(stream)
        if not state:
            return self.since or self.now - FIRST_DAYS
        since, until = (datetime.fromisoformat(state[name]) for name in ("since", "until"))
        if self.since and start_of(self.since, stream.grain) < since:
            return self.since
        return max(since, until - stream.lookback)

    def _state_of(self, stream: Stream) -> dict[str, str]:
        sources: dict[str, Any] = self.pipeline.state.get("sources", {})
        resources = sources.get(self.pipeline.default_schema_name or "", {}).get("resources", {})
        state: dict[str, str] = resources.get(stream.name, {})
        return state

    def _records(self, job: Job) -> Iterator[pa.Table]:
        """What of a window is new, with the name of the file it goes to."""
        stream, window = job.stream, job.window
        known = Known(stream, self.spool.files(stream, window.cell))
        name = self.spool.next_name(stream, window.cell)
        for page in self.api.read(stream, window):
            self.on_page(len(page))
            if new := [line for line in page if known.is_new(line)]:
                yield pa.table({"file": pa.repeat(name, len(new)), "line": pa.array(new)})
        state = dlt.current.resource_state(stream.name)
        begin = window.since.isoformat()
        state["since"] = min(begin, state.get("since", begin))
        state["until"] = window.until.isoformat()

    def _to_spool(self) -> None:
        """Write what dlt has extracted to the spool."""
        if self.pipeline.has_pending_data:
            self.pipeline.normalize()
            self.pipeline.load()

    def _landed(self) -> Iterator[FileReport]:
        tables = {stream.name: stream.table for stream in self.api.vendor.streams}
        for file in self.spool.arrived():
            table = tables[file.name.partition(".")[0]]
            yield from land_files(self.source, [file], self.root, self.rejects, table)
            self.spool.settle(file)


def _pipeline(name: str, spool: Spool) -> dlt.Pipeline:
    """A source's pipeline; what dlt remembers of it lies beside the spool."""
    os.environ.update({n: value for n, value in DLT_SETTINGS.items() if n not in os.environ})
    return dlt.pipeline(
        name,
        pipelines_dir=str(spool.folder / "state"),
        destination=_destination(spool),
        dataset_name=name,
    )


def _destination(spool: Spool) -> Destination[Any, Any]:
    """Dlt's way into the spool: a Parquet file of (file, line) becomes the file it names."""

    @dlt.destination(batch_size=0, loader_file_format="parquet", name="spool", max_table_nesting=0)
    def write(path: Any, table: TTableSchema, /) -> None:  # noqa: ANN401 (dlt's own type)
        with pq.ParquetFile(path) as records:
            if not records.metadata.num_rows:
                return
            first = next(records.iter_batches(1, columns=["file"]))
            lines = (
                line.as_py()
                for batch in records.iter_batches(BATCH_ROWS, columns=["line"])
                for line in batch["line"]
            )
            spool.write(first["file"][0].as_py(), lines)

    destination: Destination[Any, Any] = write()
    return destination
