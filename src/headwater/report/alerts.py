"""What the watch list says of the last days, from the published mart metric_alerts.

`collect` reads, `render` draws, `post` sends what `collect` returns to a webhook. What is watched
is said in seeds/watch_list.csv, and which values fire is judged by the mart.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from headwater.report.published import reading
from headwater.report.summary import heading
from headwater.simulate.run import settings_of

Alerts = dict[str, Any]
TIMEOUT_SECONDS = 10
LATEST = """
    select
        watch_name, severity, owner, is_guardrail, is_firing, verdict, mart_name, value_column,
        cast(value_date as varchar) as value_date, metric_value, lowest_allowed, highest_allowed,
        usual_value, change_rate, sample_size
    from marts.metric_alerts
    where is_latest
    order by not is_firing, severity != 'error', not is_guardrail, watch_name
"""
STYLES = {"error": "bold red", "warn": "yellow"}


class AlertsError(ValueError):
    """The alerts cannot be read or sent; the message says why and what to do."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive as a GET, without what it says."""

    def redirect_request(self, *_: object) -> None:
        return None


def collect(published: Path, project_dir: Path) -> Alerts:
    """Read the last judged day of every watch.

    Args:
        published: the file that readers open; opened read-only.
        project_dir: what the published landing root starts from.

    Returns:
        What can be written as JSON: `landing_root`, `simulated`, `generation` and `published_at`
        (UTC) of the file, `firing_count`, and `watches`, a row each, those that fire first.

    Raises:
        AlertsError: the file is not there, cannot be opened or is older than the mart.
    """
    with reading(published, AlertsError) as connection:
        rows = connection.execute(LATEST)
        names = [column[0] for column in rows.description or ()]
        watches = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        root, generation, published_at = connection.execute(
            "select landing_root, generation, cast(published_at as varchar) from marts.publications"
            " order by generation desc limit 1"
        ).fetchall()[0]
    return {
        "landing_root": root,
        "simulated": settings_of(project_dir / root),
        "generation": generation,
        "published_at": published_at,
        "firing_count": sum(watch["is_firing"] for watch in watches),
        "watches": watches,
    }


def render(alerts: Alerts) -> RenderableType:
    """The watches for a terminal."""
    parts = [heading(alerts)]
    if not alerts["watches"]:
        return Group(*parts, Text("\nNothing is watched: say what in seeds/watch_list.csv."))
    grid = RichTable(pad_edge=False, box=None)
    for name in ("watch", "day", "verdict", "value", "allowed", "usual", "sample", "owner"):
        numeric = name in ("value", "usual", "sample")
        grid.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for watch in alerts["watches"]:
        verdict = watch["verdict"].replace("_", " ")
        mark = " (guardrail)" if watch["is_guardrail"] else ""
        grid.add_row(
            watch["watch_name"] + mark,
            watch["value_date"] or "",
            Text(verdict, STYLES[watch["severity"]] if watch["is_firing"] else ""),
            _number(watch["metric_value"]),
            _bounds(watch["lowest_allowed"], watch["highest_allowed"]),
            _number(watch["usual_value"]),
            _number(watch["sample_size"]),
            watch["owner"] or "",
        )
    firing = alerts["firing_count"]
    count = Text(
        f"\n{firing} of {len(alerts['watches'])} watches fire.", "red" if firing else "green"
    )
    return Group(*parts, Text(), grid, count)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.4g}"


def _bounds(lowest: float | None, highest: float | None) -> str:
    if lowest is not None and highest is not None:
        return f"{_number(lowest)} to {_number(highest)}"
    if lowest is not None:
        return f"from {_number(lowest)}"
    return f"to {_number(highest)}" if highest is not None else ""


def post(alerts: Alerts, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
    """Send the alerts to a webhook, as JSON in a POST request. Redirects are not followed.

    Args:
        alerts: what `collect` returns.
        url: http or https; a name and password before its host are sent as basic authentication.
            It may hold secrets: messages name its host alone.
        timeout: seconds to wait for an answer.

    Raises:
        AlertsError: the webhook is no address, cannot be reached in time, or does not answer with a
            status of 2xx.
    """
    parts = _parts(url)
    place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    user, _, address = parts.netloc.rpartition("@")
    headers = {"Content-Type": "application/json", "User-Agent": "headwater"}
    if user:
        headers["Authorization"] = f"Basic {b64encode(unquote(user).encode()).decode()}"
    body = json.dumps(alerts, allow_nan=False).encode()
    try:
        bare = parts._replace(netloc=address, fragment="").geturl()
        request = urllib.request.Request(bare, body, headers, method="POST")
        opener = urllib.request.build_opener(_NoRedirects)
        with opener.open(request, timeout=timeout) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        error.close()
        raise AlertsError(
            f"the webhook at {place} answered {error.code}: check its address and its rights."
        ) from None
    except TimeoutError:
        raise AlertsError(f"the webhook at {place} did not answer in {timeout:g} s.") from None
    except urllib.error.URLError as error:
        reason = error.reason.strerror if isinstance(error.reason, OSError) else None
        if isinstance(error.reason, TimeoutError):
            reason = f"no answer in {timeout:g} s"
        raise AlertsError(
            f"the webhook at {place} cannot be reached: {reason or 'no connection'}."
        ) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise AlertsError(f"the webhook at {place} broke off, or its address is wrong.") from None


def _parts(url: str) -> SplitResult:
    """The parts of a webhook's address.

    Raises:
        AlertsError: it is none.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise AlertsError("the webhook is no address: write it as https://host/path.")
    return parts
