"""`headwater init` and `headwater land` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from headwater.cli import app
from tests.python.conftest import PROJECT

EVENT = '{"event_type": "save", "device_id": "d1", "event_time": "2025-01-01 00:00:00"}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.jsonl").write_text(EVENT)
    (tmp_path / "mixed.jsonl").write_text(EVENT + "broken\n")
    return tmp_path


def call(folder: Path, *rest: str) -> tuple[int, str, str]:
    options = ["--project-dir", str(PROJECT), "--landing-root", str(folder / "landing")]
    result = CliRunner().invoke(app, [*options, *rest])
    return result.exit_code, result.stdout, result.stderr


def landed_rows(folder: Path) -> int:
    files = (folder / "landing" / "amplitude" / "events").rglob("*.parquet")
    return sum(pq.read_metadata(file).num_rows for file in files)


def test_init_is_repeatable_and_keeps_what_has_landed(folder: Path) -> None:
    assert call(folder, "init")[0] == 0
    call(folder, "land", "amplitude", str(folder / "good.jsonl"))
    assert call(folder, "init")[0] == 0
    assert landed_rows(folder) == 1


def test_everything_landed_is_0_and_a_second_time_lands_nothing(folder: Path) -> None:
    code, out, _ = call(folder, "land", "amplitude", str(folder / "good.jsonl"))
    assert (code, out.endswith("good.jsonl: landed 1 events.\n")) == (0, True)
    code, out, _ = call(folder, "land", "amplitude", str(folder / "good.jsonl"))
    assert (code, out.endswith("good.jsonl: has landed before.\n")) == (0, True)
    assert landed_rows(folder) == 1


def test_a_reject_is_1_and_named_on_stderr(folder: Path) -> None:
    files = [str(folder / "mixed.jsonl"), str(folder / "good.jsonl")]
    code, _, err = call(folder, "land", "amplitude", *files)
    assert code == 1
    assert "rejected mixed.jsonl, row 2: The row is no JSON: " in err
    assert landed_rows(folder) == 2


@pytest.mark.parametrize(
    ("call_with", "message"),
    [
        (
            ["land", "amplitud", "good.jsonl"],
            "there is no source 'amplitud'; use one of amplitude,",
        ),
        (["land", "amplitude", "no.jsonl"], "no.jsonl is not a file"),
        (["land", "amplitude", "good.jsonl", "--table", "users"], "has no table 'users'"),
        (["simulate", "--scale", "-1"], "scale must be in (0, 10], got -1.0"),
    ],
)
def test_a_wrong_call_is_2_and_says_what_to_use(
    folder: Path, call_with: list[str], message: str
) -> None:
    named = [str(folder / word) if word == "good.jsonl" else word for word in call_with]
    code, _, err = call(folder, *named)
    assert code == 2
    assert message in err


def test_a_folder_that_is_no_project_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--project-dir", str(tmp_path), "init"])
    assert result.exit_code == 2
    assert "no models/staging/*/_sources.yml found" in result.stderr


@pytest.mark.parametrize(
    ("source", "place", "column", "record"),
    [
        ("own", "own/events", "has_consent", {"event_type": "save", "has_consent": False}),
        (
            "segment",
            "segment/tracks",
            "context_consent_category_preferences",
            {"type": "track", "context": {"consent": {"categoryPreferences": {"Ads": False}}}},
        ),
        (
            "ga4",
            "ga4/events",
            "privacy_info_analytics_storage",
            {"event_name": "save", "event_params": [], "privacy_info": {"analytics_storage": "No"}},
        ),
    ],
)
def test_a_refusal_of_consent_lands_where_it_is_read(
    tmp_path: Path, source: str, place: str, column: str, record: dict[str, object]
) -> None:
    known = {"timestamp": "2025-01-01T00:00:00Z", "event": "Save", "messageId": "m", "userId": "u"}
    if source == "ga4":
        known = {"event_timestamp": "1735689600000000", "user_pseudo_id": "p"}
    (tmp_path / "export.jsonl").write_text(json.dumps(known | record) + "\n")
    code, _, err = call(tmp_path, "land", source, str(tmp_path / "export.jsonl"))
    assert (code, err) == (0, "")
    files = sorted((tmp_path / "landing" / place).rglob("*.parquet"))
    (value,) = [v for f in files for v in pq.read_table(f, columns=[column])[column].to_pylist()]
    assert value in (False, '{"Ads":false}', "No")
