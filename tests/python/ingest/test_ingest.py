"""`headwater ingest` against small APIs: pages, failures, kills, changes, and a second run."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dlt
import pytest
from typer.testing import CliRunner

from headwater.cli import app
from headwater.ingest.run import Ingestion
from headwater.ingest.spool import Spool
from headwater.ingest.streams import IngestError
from headwater.ingest.vendors import VENDORS
from headwater.landing.contract import Source
from headwater.landing.land import FileReport
from tests.python.conftest import PROJECT, query
from tests.python.ingest.mock_api import Answer, MockApi, Request, serving
from tests.python.ingest.vendors import CASES, NOW, Case, mixpanel_event, stripe_object

EVERY_VENDOR = pytest.mark.parametrize("vendor", CASES)


Rows = dict[str, list[tuple[Any, ...]]]
Calm = tuple[Rows, int]  # what landed, and how many pages there were
CALM: dict[str, Calm] = {}


class Killed(BaseException):
    """The run ends here, as if the process had been killed."""


class Bench:
    """A vendor's small API, and landing zones to fetch into."""

    def __init__(self, case: Case, api: MockApi, contract: dict[str, Source]) -> None:
        self.case, self.api, self.contract = case, api, contract

    def ingest(
        self,
        root: Path,
        *,
        first: bool = True,
        streams: tuple[str, ...] = (),
        on_page: Callable[[int], None] = lambda count: None,
    ) -> Counter[str]:
        """A run; the landed rows by table."""
        run = Ingestion(
            VENDORS[self.case.source],
            self.contract[self.case.source],
            self.contract["headwater"].tables["rejected_rows"],
            root,
            since=self.case.since if first else None,
            now=NOW,
            streams=streams,
            on_page=on_page,
        )
        landed: Counter[str] = Counter()

        def count(reports: Iterator[FileReport]) -> None:
            for report in reports:
                assert not report.rejected, report.messages
                landed.update(report.landed)

        with run.spool.alone():
            count(run.resume())
            for job in run.jobs():
                count(run.fetch(job))
        return landed

    def calm(self, folder: Path) -> Calm:
        """How a run ends that nothing disturbs; one is made for all tests of a vendor."""
        if self.case.source not in CALM:
            pages: list[int] = []
            self.ingest(folder, streams=self.case.streams, on_page=pages.append)
            CALM[self.case.source] = self.rows(folder), len(pages)
            self.api.requests.clear()
        return CALM[self.case.source]

    def rows(self, root: Path) -> Rows:
        """All rows by table, without the time of landing."""
        found = {}
        for name in self.contract[self.case.source].tables:
            folder = root / self.case.source / name
            if any(folder.rglob("*.parquet")):
                files = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = false)"
                found[name] = query(f"select * exclude (_landed_at) from {files} order by all")
        return found


@pytest.fixture
def bench(
    vendor: str, contract: dict[str, Source], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    case = CASES[vendor].fresh()
    with serving(case.respond) as api:
        settings = case.environment | {f"{vendor.upper()}_BASE_URL": api.url}
        settings |= {"RUNTIME__REQUEST_BACKOFF_FACTOR": "0", "GOOGLE_TOKEN_URL": f"{api.url}/token"}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield Bench(case, api, contract)


@EVERY_VENDOR
def test_all_pages_land_and_a_second_run_lands_only_what_is_new(
    bench: Bench, tmp_path: Path
) -> None:
    case = bench.case
    assert bench.ingest(tmp_path) == case.landed
    before = bench.rows(tmp_path)
    assert {name: len(rows) for name, rows in before.items()} == case.landed
    assert bench.ingest(tmp_path, first=False, streams=case.streams) == {}
    case.change(case.records)
    assert bench.ingest(tmp_path, first=False, streams=case.streams) == case.changed
    after = bench.rows(tmp_path)
    added = {name: [row for row in rows if row not in before[name]] for name, rows in after.items()}
    assert {name: len(rows) for name, rows in added.items() if rows} == case.changed
    left = (tmp_path / "headwater" / "ingested").rglob("*.parquet")
    assert list(left) == []  # dlt would keep a copy of all records
    extra = [json.loads(row[-3]) for rows in added.values() for row in rows if row[-3]]
    assert [int(kept["brand_new"]["a"]) for kept in extra if "brand_new" in kept] == [1]


FAILURES = {
    1: Answer({"error": "slow down"}, 429, {"Retry-After": "0"}),
    3: Answer(b"<html>oops</html>", 500),
    4: Answer(b"", 503),
    6: Answer({"half": "of it"}, is_broken_off=True),
}


# A list by GET, one by POST and a file; the other vendors fail and are killed at once, below.
@pytest.mark.parametrize("vendor", ["shopify", "google_ads", "amplitude"])
def test_failures_in_passing_change_nothing(bench: Bench, tmp_path: Path) -> None:
    rows, _ = bench.calm(tmp_path / "calm")
    bench.api.faults = FAILURES
    bench.ingest(tmp_path / "rough", streams=bench.case.streams)
    assert bench.rows(tmp_path / "rough") == rows


@EVERY_VENDOR
def test_killed_at_every_page_it_ends_as_if_undisturbed(bench: Bench, tmp_path: Path) -> None:
    rows, pages = bench.calm(tmp_path / "calm")
    bench.api.faults = {n: fault for n, fault in FAILURES.items() if not fault.is_broken_off}
    killed_at: list[tuple[Request, int]] = []
    seen: Counter[int] = Counter()

    def kill(records: int) -> None:
        """Kill a run at the first page, of an answer that may have several, where none has been."""
        answer = len(bench.api.requests)
        seen[answer] += 1
        page = bench.api.requests[-1], seen[answer]
        if page not in killed_at:
            killed_at.append(page)
            raise Killed

    while True:
        try:
            bench.ingest(tmp_path / "killed", streams=bench.case.streams, on_page=kill)
            break
        except Killed:
            continue
    assert len(killed_at) >= pages
    assert bench.rows(tmp_path / "killed") == rows


@EVERY_VENDOR
def test_an_expired_token_names_the_variable_and_the_remedy(bench: Bench, tmp_path: Path) -> None:
    bench.case.is_expired = True
    with pytest.raises(IngestError) as refused:
        bench.ingest(tmp_path)
    assert bench.case.remedy in str(refused.value)
    assert VENDORS[bench.case.source].remedy in str(refused.value)
    assert_no_secret(str(refused.value), bench.case)


@EVERY_VENDOR
def test_a_missing_variable_is_named_before_anything_is_asked(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(bench.case.remedy)
    with pytest.raises(IngestError, match=f"needs {bench.case.remedy} in the environment"):
        bench.ingest(tmp_path)
    assert bench.api.requests == []


@EVERY_VENDOR
def test_an_error_for_good_is_told_without_secrets(bench: Bench, tmp_path: Path) -> None:
    echo = " ".join(bench.case.environment.values())
    bench.api.faults = {2: Answer({"error": f"no such thing, {echo}"}, 418)}
    with pytest.raises(IngestError, match=r"HTTP 418: .*no such thing") as failed:
        bench.ingest(tmp_path)
    assert_no_secret(str(failed.value), bench.case)


KILLED_AT = {
    "extracted": (Ingestion, "_to_spool"),
    "in the spool": (Ingestion, "_landed"),
    "normalised": (dlt.Pipeline, "load"),
    "landed": (Spool, "settle"),
}


@pytest.mark.parametrize("vendor", ["shopify"])
@pytest.mark.parametrize("point", KILLED_AT)
def test_killed_between_two_steps_it_ends_as_if_undisturbed(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    rows, _ = bench.calm(tmp_path / "calm")
    owner, name = KILLED_AT[point]
    whole = getattr(owner, name)
    calls = itertools.count()

    def killed(*arguments: Any) -> Any:
        # the first call of these two only completes what an earlier run has left
        if next(calls) >= (1 if owner is Ingestion else 0):
            raise Killed
        return whole(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killed)
        with pytest.raises(Killed):
            bench.ingest(tmp_path / "killed")
    assert bench.ingest(tmp_path / "killed") in ({}, bench.case.landed)
    assert bench.rows(tmp_path / "killed") == rows


@pytest.mark.parametrize("vendor", ["shopify"])
def test_a_run_goes_on_where_the_last_one_ended_less_the_lookback(
    bench: Bench, tmp_path: Path
) -> None:
    bench.ingest(tmp_path)
    bench.api.requests.clear()
    bench.ingest(tmp_path)  # with the same --since
    assert [r.params["updated_at_min"] for r in bench.api.requests] == ["2025-03-03T05:29:59Z"]
    bench.api.requests.clear()
    bench.case.since -= timedelta(days=9)
    bench.ingest(tmp_path)
    assert bench.api.requests[0].params["updated_at_min"] == "2025-02-19T23:59:59Z"


@pytest.mark.parametrize("vendor", ["stripe"])
def test_a_version_that_comes_back_lands_again(bench: Bench, tmp_path: Path) -> None:
    customer = stripe_object("customer", 1, delinquent=False)
    landed = []
    for is_delinquent in (False, True, True, False):
        bench.case.records["customers"] = [customer | {"delinquent": is_delinquent}]
        landed.append(bench.ingest(tmp_path, streams=("customers",)))
    assert landed == [{"customers": 1}, {"customers": 1}, {}, {"customers": 1}]


@pytest.mark.parametrize("vendor", ["shopify"])
def test_retry_after_is_waited_for(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.api.faults = {1: Answer({}, 429, {"Retry-After": "1"})}
    begin = time.monotonic()
    bench.api.answer = timed = Timed(bench.api.answer)
    bench.ingest(tmp_path)
    assert timed.first - begin >= 1


class Timed:
    """Notes when an API answered for the first time."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer, self.first = answer, 0.0

    def __call__(self, request: Request) -> Answer:
        self.first = self.first or time.monotonic()
        return self.answer(request)


@pytest.mark.parametrize("vendor", ["meta_ads"])
def test_a_limit_told_in_the_body_is_waited_out(bench: Bench, tmp_path: Path) -> None:
    bench.api.faults = {1: Answer({"error": {"type": "OAuthException", "code": 17}}, 400)}
    assert bench.ingest(tmp_path) == bench.case.landed


LINE = json.dumps(mixpanel_event(1, 1)["line"])


@pytest.mark.parametrize("vendor", ["mixpanel"])
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(f"{LINE}\nterminated early\n".encode()), "terminated early"),
        (Answer(f"{LINE}\n{LINE}\n".encode(), is_broken_off=True), "broke off at events"),
    ],
)
def test_half_an_export_is_not_landed(
    bench: Bench, tmp_path: Path, answer: Answer, message: str
) -> None:
    bench.api.faults = {1: answer}
    with pytest.raises(IngestError, match=message):
        bench.ingest(tmp_path)
    assert not any((tmp_path / "mixpanel").rglob("*.parquet"))
    assert bench.ingest(tmp_path) == bench.case.landed


@pytest.mark.parametrize("vendor", ["stripe"])
def test_a_process_that_is_killed_ends_as_if_undisturbed(bench: Bench, tmp_path: Path) -> None:
    rows, _ = bench.calm(tmp_path / "calm")
    script = Path(__file__).with_name("ingest_alone.py")
    bench.api.answer = held = Held(bench.api.answer, request=4)
    arguments = [sys.executable, str(script), str(tmp_path / "killed"), *bench.case.streams]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen(arguments, cwd=PROJECT, env=environment)
    assert held.reached.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    held.released.set()
    bench.ingest(tmp_path / "killed", streams=bench.case.streams)
    assert bench.rows(tmp_path / "killed") == rows


@pytest.mark.parametrize("vendor", ["stripe"])
def test_the_command_says_what_landed_and_up_to_when(bench: Bench, tmp_path: Path) -> None:
    result = called(tmp_path, "stripe", "--stream", "customers")
    assert result.exit_code == 0
    assert "customers.all.00001.jsonl.gz: landed 3 customers.\n" in result.stdout
    result = called(tmp_path, "stripe", "--stream", "customers")
    assert (result.exit_code, result.stdout[:23]) == (0, "stripe is read up to 20")


@pytest.mark.parametrize("vendor", ["stripe"])
def test_a_refused_token_is_2_and_told_without_it(bench: Bench, tmp_path: Path) -> None:
    bench.case.is_expired = True
    result = called(tmp_path, "stripe")
    assert result.exit_code == 2
    assert "Stripe refused STRIPE_API_KEY (HTTP 401)" in result.stderr
    assert_no_secret(result.output, bench.case)


@pytest.mark.parametrize("vendor", ["stripe"])
def test_what_cannot_land_is_1_and_the_rest_lands(bench: Bench, tmp_path: Path) -> None:
    bench.case.records["customers"][0]["livemode"] = "perhaps"
    result = called(tmp_path, "stripe", "--stream", "customers")
    assert result.exit_code == 1
    assert "landed 2 customers" in result.stdout and "livemode is 'perhaps'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("segment",), "there is no API of 'segment'; use one of amplitude, mixpanel,"),
        (("stripe", "--stream", "cards"), "Stripe has no stream 'cards'; use one of customers,"),
    ],
)
@pytest.mark.parametrize("vendor", ["stripe"])
def test_a_wrong_call_is_2_and_says_what_to_use(
    bench: Bench, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = called(tmp_path, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_without_the_extra_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "headwater.ingest.run", None)
    result = called(tmp_path, "stripe")
    assert result.exit_code == 2
    assert "is missing: make setup, or pip install '.[ingest]'." in result.stderr


@pytest.mark.parametrize("vendor", ["stripe"])
def test_two_runs_of_a_source_do_not_mix(bench: Bench, tmp_path: Path) -> None:
    with Spool(tmp_path / "headwater" / "ingested" / "stripe").alone():
        result = called(tmp_path, "stripe", "--stream", "customers")
    assert result.exit_code == 2
    assert "is under way" in result.stderr


class Held:
    """Lets one request of an API wait."""

    def __init__(self, answer: Callable[[Request], Answer], request: int) -> None:
        self.answer, self.request = answer, request
        self.count = itertools.count(1)
        self.reached, self.released = threading.Event(), threading.Event()

    def __call__(self, request: Request) -> Answer:
        if next(self.count) == self.request:
            self.reached.set()
            self.released.wait(30)
        return self.answer(request)


def called(root: Path, *arguments: str) -> Any:
    options = ["--project-dir", str(PROJECT), "--landing-root", str(root)]
    since = ["--since", f"{NOW:%Y-%m-%d}"]
    return CliRunner().invoke(app, [*options, "ingest", *arguments, *since])


def assert_no_secret(text: str, case: Case) -> None:
    secrets = [case.environment.get(name) for name in VENDORS[case.source].secrets]
    assert not [secret for secret in secrets if secret and secret in text.split()]
    assert "sesame" not in text
