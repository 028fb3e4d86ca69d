"""`headwater alerts`: what it prints and posts, and how it ends."""

from __future__ import annotations

import json
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from headwater import cli
from headwater.report.alerts import AlertsError, post

# An earlier day of a watch that fired, its last day, one that is well, and one without data.
ALERTS = """
    create table marts.metric_alerts as
    select
        * replace (
            metric_value::double as metric_value, lowest_allowed::double as lowest_allowed,
            highest_allowed::double as highest_allowed
        ),
        'mart' as mart_name, 'column' as value_column, 0.1::double as change_rate
    from (
        values
        ('well', 'error', 'product', true, true, 'too_low', false, date '2025-03-01', 1, 5, null,
            10, 1),
        ('well', 'error', 'product', true, false, 'ok', true, date '2025-03-02', 9, 5, null,
            10, 9),
        ('high', 'warn', 'data', false, true, 'too_high', true, date '2025-03-02', 0.25, 0.1, 0.2,
            null, 1200),
        ('empty', 'warn', null, false, false, 'no_data', true, null, null, null, 0, null, null)
    ) as alerts (
        watch_name, severity, owner, is_guardrail, is_firing, verdict, is_latest, value_date,
        metric_value, lowest_allowed, highest_allowed, usual_value, sample_size
    )
"""
SECRET = "hook-secret"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with a published file."""
    (tmp_path / "warehouse").mkdir()
    change(
        tmp_path,
        "create schema marts",
        ALERTS,
        """
        create table marts.publications as
        from (values
            (1, 'older', timestamp '2025-03-02 05:00:00'), (2, 'landing', '2025-03-03 05:00:00')
        ) as publications (generation, landing_root, published_at)
        """,
    )
    return tmp_path


def change(folder: Path, *statements: str) -> None:
    with duckdb.connect(str(folder / "warehouse" / "headwater.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def run(folder: Path, *arguments: str, **environment: str) -> Result:
    """The command, with a terminal that is wide enough whatever runs the test."""
    warehouse = str(folder / "warehouse" / "build.duckdb")
    settings = {"HEADWATER_WAREHOUSE": warehouse} | environment
    command = ["--project-dir", str(folder), "alerts", *arguments]
    with patch.object(cli, "screen", Console(width=160)):
        return CliRunner().invoke(cli.app, command, env=settings)


class Hook:
    """A webhook on this machine: what it was sent, and what it answers."""

    def __init__(self, status: int = 200, location: str | None = None) -> None:
        self.received: list[dict[str, Any]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.received.append(
                    {name: self.headers[name] for name in ("Content-Type", "Authorization")}
                    | {"path": self.path}
                    | json.loads(body)
                )
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.end_headers()

            def do_GET(self) -> None:
                hook.received.append({"method": "GET"})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://user:{SECRET}@127.0.0.1:{self.server.server_port}/{SECRET}?key={SECRET}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hooks() -> Iterator[list[Hook]]:
    """Webhooks that a test starts; they end with it."""
    started: list[Hook] = []
    yield started
    for hook in started:
        hook.server.shutdown()
        hook.server.server_close()


def test_the_last_day_of_each_watch_is_printed_and_one_that_fires_ends_it_with_1(
    folder: Path,
) -> None:
    result = run(folder)
    assert result.exit_code == 1
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    start = next(place for place, line in enumerate(lines) if line.startswith("watch"))
    assert lines[start + 1 : start + 4] == [
        "high 2025-03-02 too high 0.25 0.1 to 0.2 1,200 data",
        "well (guardrail) 2025-03-02 ok 9 from 5 10 9 product",
        "empty no data to 0",
    ]
    assert "1 of 3 watches fire." in result.stdout


def test_json_says_the_same(folder: Path) -> None:
    result = run(folder, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["landing_root"], found["generation"]) == ("landing", 2)
    assert (found["published_at"], found["firing_count"]) == ("2025-03-03 05:00:00", 1)
    assert [watch["watch_name"] for watch in found["watches"]] == ["high", "well", "empty"]
    assert found["watches"][0]["metric_value"] == 0.25
    assert found["watches"][2]["value_date"] is None


def test_nothing_that_fires_ends_it_with_0(folder: Path) -> None:
    change(folder, "delete from marts.metric_alerts where watch_name = 'high'")
    result = run(folder)
    assert result.exit_code == 0
    assert "0 of 2 watches fire." in result.stdout


def test_an_empty_watch_list_is_no_mistake(folder: Path) -> None:
    change(folder, "delete from marts.metric_alerts")
    result = run(folder)
    assert result.exit_code == 0
    assert "seeds/watch_list.csv" in result.stdout


def test_a_webhook_gets_the_json(folder: Path, hooks: list[Hook]) -> None:
    hooks.append(hook := Hook())
    result = run(folder, "--json", "--webhook", hook.url)
    assert result.exit_code == 1
    (received,) = hook.received
    assert received.pop("path") == f"/{SECRET}?key={SECRET}"
    assert received.pop("Content-Type") == "application/json"
    assert received.pop("Authorization") == f"Basic {b64encode(f'user:{SECRET}'.encode()).decode()}"
    assert received == json.loads(result.stdout)


def test_the_webhook_may_stand_in_the_environment(folder: Path, hooks: list[Hook]) -> None:
    hooks.append(hook := Hook())
    assert run(folder, HEADWATER_WEBHOOK=hook.url).exit_code == 1
    assert len(hook.received) == 1


def test_a_webhook_that_refuses_or_leads_elsewhere_ends_it_with_2(
    folder: Path, hooks: list[Hook]
) -> None:
    hooks.append(other := Hook())
    hooks.extend([Hook(500), Hook(302, other.url)])
    for hook, status in ((hooks[1], "500"), (hooks[2], "302")):
        result = run(folder, "--webhook", hook.url)
        assert result.exit_code == 2
        assert f"answered {status}" in result.stderr
        assert SECRET not in result.output
    assert other.received == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"http://127.0.0.1:1/{SECRET}", "at 127.0.0.1:1 cannot be reached: Connection refused."),
        (f"https://nowhere.invalid/{SECRET}", "at nowhere.invalid cannot be reached: "),
        (f"file:///{SECRET}", "is no address: write it as https://host/path."),
        (f"{SECRET}", "is no address"),
        (f"http://[{SECRET}", "is no address"),
        (f"http://host:{SECRET}/", "is no address"),
        (f"http://127.0.0.1/{SECRET} and more\n", "or its address is wrong"),
    ],
)
def test_a_wrong_webhook_is_named_without_its_secrets(folder: Path, url: str, message: str) -> None:
    result = run(folder, "--webhook", url)
    assert result.exit_code == 2
    assert message in result.stderr
    assert SECRET not in result.output
    assert "Traceback" not in result.output


def test_a_webhook_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/{SECRET}"
        with pytest.raises(AlertsError, match=r"in 0\.2 s"):
            post({"watches": []}, url, timeout=0.2)


def test_without_a_published_file_it_says_what_to_do(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "headwater build" in result.stderr


def test_an_older_file_is_to_be_published_anew(folder: Path) -> None:
    change(folder, "drop table marts.metric_alerts")
    result = run(folder)
    assert result.exit_code == 2
    assert "publish it anew" in result.stderr
