"""Write an export of the shape of Amplitude's: gzip JSON lines, filled as tools fill them.

`python -m bench.make_export --rows N --to FILE`. The same N gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

START = datetime(2025, 1, 1, tzinfo=UTC)
EVENTS = (
    "page_view",
    "sign_up",
    "project_created",
    "file_uploaded",
    "checkout_started",
    "purchase",
)
PLACES = (("Germany", "Berlin"), ("United States", "California"), ("Japan", "Tokyo"))
SYSTEMS = (("Web", "Chrome", "126"), ("iOS", "ios", "17.5"), ("Android", "android", "14"))
ROWS_PER_DEVICE = 20
SECONDS_BETWEEN = 5


def records(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Events in the order of their arrival; every fiftieth has a field that no contract names."""
    chance = random.Random(seed)
    devices = max(1, count // ROWS_PER_DEVICE)
    for number in range(count):
        record = _record(number, chance.randrange(devices), chance)
        if number % 50 == 0:
            record["partner_id"] = f"p{number % 7}"
        yield record


def _record(number: int, device: int, chance: random.Random) -> dict[str, Any]:
    event = chance.choice(EVENTS)
    platform, system, system_version = SYSTEMS[device % len(SYSTEMS)]
    country, city = PLACES[device % len(PLACES)]
    occurred = START + timedelta(seconds=number * SECONDS_BETWEEN)
    session = int((occurred - timedelta(minutes=chance.randrange(30))).timestamp() * 1000)
    return {
        "$insert_id": f"i-{number}",
        "uuid": str(UUID(int=chance.getrandbits(128), version=4)),
        "event_id": number,
        "event_type": event,
        "user_id": f"u{device}" if device % 3 else None,
        "device_id": f"d{device}",
        "amplitude_id": 10**9 + device,
        "session_id": session if number % 10 else -1,
        "platform": platform,
        "os_name": system,
        "os_version": system_version,
        "device_family": system,
        "language": "English",
        "country": country,
        "city": city,
        "ip_address": f"10.0.{device % 256}.{number % 256}",
        "library": "amplitude-ts/2.1.0",
        "event_properties": {
            "page_url": f"https://example.com/{event}?utm_source=mail&n={number % 1000}",
            "plan": chance.choice(("free", "pro", "team")),
            "amount": round(chance.uniform(1, 500), 2),
            "items": [chance.randrange(100), chance.randrange(100)],
        },
        "user_properties": {"role": "editor", "seats": device % 40, "is_trial": device % 5 == 0},
        "groups": {"account": [f"a{device % 997}"]},
        "client_event_time": _text(occurred),
        "client_upload_time": _text(occurred + timedelta(seconds=2)),
        "event_time": _text(occurred),
        "server_upload_time": _text(occurred + timedelta(seconds=chance.randrange(3, 90))),
    }


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S.%f")


def write_export(count: int, target: Path) -> None:
    """Write `count` events to a gzip file of JSON lines."""
    with gzip.GzipFile(target, "wb", compresslevel=6, mtime=0) as file:
        for record in records(count):
            file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")


def main() -> None:
    """Read the arguments and write the file."""
    parser = argparse.ArgumentParser(prog="python -m bench.make_export", description=__doc__)
    parser.add_argument("--rows", type=int, required=True, help="events to write")
    parser.add_argument("--to", type=Path, required=True, help="file to write")
    options = parser.parse_args()
    write_export(options.rows, options.to)


if __name__ == "__main__":
    main()
