"""What a vendor's API offers, and the windows of time in which it is read. No I/O here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from requests.auth import AuthBase

    from headwater.ingest.api import Api

Step = Literal["second", "hour", "day", "month"]
# The start of a moment's step, as what datetime.replace takes.
STARTS: dict[Step, dict[str, int]] = {
    "second": {"microsecond": 0},
    "hour": {"minute": 0, "second": 0, "microsecond": 0},
    "day": {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "month": {"day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0},
}
LENGTHS: dict[Step, timedelta] = {
    "second": timedelta(seconds=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "month": timedelta(days=31),
}
NAMES: dict[Step, str] = {
    "second": "%Y-%m-%dT%H-%M-%S",
    "hour": "%Y-%m-%dT%H",
    "day": "%Y-%m-%d",
    "month": "%Y-%m",
}
MARGIN = timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class IngestError(ValueError):
    """Nothing more can be fetched: the message says why and what to do, and holds no secret."""


@dataclass(frozen=True)
class Window:
    """What one request and its pages cover: [since, until), UTC, within the named cell."""

    cell: str
    since: datetime
    until: datetime

    def names(self) -> dict[str, Any]:
        """What a template of a request can name.

        `after` and `before` lie a second outside, for vendors that do not say, or do not agree,
        whether a bound belongs to the answer.
        """
        return {
            "since": self.since,
            "until": self.until,
            "last": self.until - timedelta(microseconds=1),
            "after": self.since - MARGIN,
            "before": self.until + MARGIN,
            "since_epoch": int(self.since.timestamp()),
            "until_epoch": int(self.until.timestamp()),
        }

    def holds(self, moment: object) -> bool:
        """Whether an ISO 8601 moment, UTC unless it names a zone, lies in the window.

        What is no such moment is taken to lie in it: better landed twice than never.
        """
        try:
            parsed = datetime.fromisoformat(moment)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return True
        return self.since <= (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)) < self.until


Reader = Callable[["Api", "Stream", Window], Iterator[Iterable[bytes]]]


@dataclass(frozen=True)
class Stream:
    """One list of a vendor's API, whose records belong to one landed table.

    `path`, `params` and `body` are templates over a window and the vendor's settings. Time is cut
    into cells; within a cell a record lands once, and once more whenever it differs from what
    landed. Without a cell the whole list is read every time.

    Attributes:
        key: paths in a record that tell it from the others; without one equal records are counted.
        is_immutable: a known key is never looked at again.
        grain: what the bounds of a window are rounded down to.
        lookback: how far before the last window's end the next run begins.
        delay: how long a vendor takes until a time can be read.
        moment: path of the time by which the vendor selects, if its bounds are not exact.
        rows: JSONPath of the records in a page.
        is_empty: HTTP status that only means that there is nothing.
    """

    name: str
    table: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, str] | None = None
    rows: str = "data"
    paginator: Callable[[], Any] | None = None
    key: tuple[str, ...] = ()
    is_immutable: bool = False
    cell: Step | None = None
    grain: Step = "second"
    lookback: timedelta = timedelta(hours=1)
    delay: timedelta = timedelta()
    moment: str | None = None
    is_empty: int | None = None
    read: Reader | None = None


@dataclass(frozen=True)
class Vendor:
    """An API: where it is, which environment variables it needs, and what it offers.

    `settings` are the names of the variables, with a default or None where they must be set. The
    base URL is read from `<NAME>_BASE_URL`. `secrets` are those of them that are never shown.
    `denied` and `throttled` are patterns of bodies that mean so whatever the HTTP status is.
    """

    name: str
    title: str
    base_url: str
    settings: Mapping[str, str | None]
    secrets: tuple[str, ...]
    remedy: str
    auth: Callable[[Mapping[str, str]], AuthBase]
    streams: tuple[Stream, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    denied: str | None = None
    throttled: str | None = None


def start_of(moment: datetime, step: Step) -> datetime:
    """The start of the step that a moment lies in."""
    return moment.replace(**STARTS[step])  # type: ignore[arg-type]


def windows(stream: Stream, since: datetime, now: datetime) -> Iterator[Window]:
    """The windows to read, oldest first.

    Args:
        stream: what is read.
        since: where to begin, UTC; of no meaning to a stream without cells.
        now: the present, UTC.
    """
    if stream.cell is None:
        yield Window("all", EPOCH, now)
        return
    begin = start_of(since, stream.grain)
    end = start_of(now - stream.delay, stream.grain)
    while begin < end:
        cell = start_of(begin, stream.cell)
        following = start_of(cell + LENGTHS[stream.cell], stream.cell)
        yield Window(f"{cell:{NAMES[stream.cell]}}", begin, min(following, end))
        begin = following
