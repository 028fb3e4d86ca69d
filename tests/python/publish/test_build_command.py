"""`headwater build` over a project of one mart: it publishes, or says what failed and does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from headwater.publish.build import corruption
from tests.python.conftest import PROJECT, query

MACROS = ("runs", "record_run_start", "record_run_end", "rebuilds_everything")
SETTINGS = {
    "name": "headwater",
    "profile": "headwater",
    "on-run-start": ["{{ record_run_start() }}"],
    "on-run-end": ["{{ record_run_end(results) }}"],
    "models": {"headwater": {"+schema": "marts"}},
    "flags": {"send_anonymous_usage_stats": False},
}
RULES = {
    "models": [
        {"name": "things", "columns": [{"name": "thing", "data_tests": ["not_null", "unique"]}]}
    ]
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One mart, our record of runs, and a staging source without tables."""
    (tmp_path / "macros").mkdir()
    for name in MACROS:
        shutil.copy(PROJECT / "macros" / "incremental" / f"{name}.sql", tmp_path / "macros")
    shutil.copy(PROJECT / "macros" / "generate_schema_name.sql", tmp_path / "macros")
    shutil.copytree(PROJECT / "profiles", tmp_path / "profiles")
    staging = tmp_path / "models" / "staging" / "own"
    staging.mkdir(parents=True)
    shutil.copy(PROJECT / "models" / "staging" / "own" / "_sources.yml", staging)
    (tmp_path / "models" / "rules.yml").write_text(yaml.dump(RULES), "utf-8")
    (tmp_path / "dbt_project.yml").write_text(yaml.dump(SETTINGS), "utf-8")
    return tmp_path


def headwater(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder above the project, as a scheduled job may."""
    command = Path(sys.executable).with_name("headwater")
    options = ["--project-dir", project.name, "--landing-root", f"{project.name}/landing"]
    return subprocess.run(
        [command, *options, *arguments],
        cwd=project.parent,
        env={name: os.environ[name] for name in os.environ if name != "HEADWATER_WAREHOUSE"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_passes_is_published_and_what_fails_is_not(project: Path) -> None:
    things, published = project / "models" / "things.sql", project / "warehouse/headwater.duckdb"
    things.write_text("select 1 as thing", "utf-8")
    done = headwater(project, "build")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Published generation 1" in done.stdout
    assert query("from marts.things", published) == [(1,)]
    log = (project / "logs" / "dbt.log").read_text("utf-8").splitlines()
    nodes = [json.loads(line)["data"].get("node_info", {}) for line in log]
    assert ("things", "success") in {(n.get("node_name"), n.get("node_status")) for n in nodes}

    things.write_text("select 2 as thing union all select 2 union all select null", "utf-8")
    done = headwater(project, "build", "--full-refresh")
    assert done.returncode == 1
    assert "unique_things_thing" in done.stderr
    assert "not_null_things_thing" in done.stderr
    assert "Not published: 2 models or tests failed" in done.stderr
    assert query("from marts.things", published) == [(1,)]
    refused = headwater(project, "publish")
    assert refused.returncode == 1
    assert "ended with 2 failed" in refused.stderr

    things.write_text("select 3 as thing", "utf-8")
    assert "Published generation 2" in headwater(project, "build").stdout
    assert query("from marts.things", published) == [(3,)]
    assert query("select landing_root from marts.publications", published) == [("landing",)] * 2


def test_what_is_not_as_expected_is_not_published(project: Path) -> None:
    pytest.importorskip("great_expectations", reason="the extra quality is not installed")
    (project / "models" / "things.sql").write_text("select 1 as thing", "utf-8")
    suites = project / "gx" / "expectations" / "marts"
    suites.mkdir(parents=True)
    shutil.copy(PROJECT / "gx" / "great_expectations.yml", project / "gx")
    in_range: dict[str, Any] = {
        "type": "expect_column_max_to_be_between",
        "kwargs": {"column": "thing"},
    }
    for least, code in ((2, 1), (1, 0)):
        in_range["kwargs"] |= {"min_value": least}
        suite = {"name": "marts.things", "expectations": [in_range]}
        (suites / "things.json").write_text(json.dumps(suite), "utf-8")
        done = headwater(project, "build")
        assert done.returncode == code
        assert ("Not published: expectations were not met" in done.stderr) == bool(code)
        assert ("Published generation 1" in done.stdout) == (not code)


def test_a_warehouse_that_cannot_be_opened_is_built_anew(project: Path) -> None:
    (project / "models" / "things.sql").write_text("select 1 as thing", "utf-8")
    assert headwater(project, "build").returncode == 0
    warehouse = project / "warehouse" / "build.duckdb"
    assert corruption(warehouse) is None
    whole = warehouse.read_bytes()
    for damage in (slice(0, None), slice(300_000, None), slice(4096, 8192), slice(0, 100)):
        content = bytearray(whole)
        content[damage] = b"" if damage.stop is None else bytes(7 for _ in content[damage])
        warehouse.write_bytes(content)
        assert corruption(warehouse)
    done = headwater(project, "build")
    assert done.returncode == 0
    assert "Built anew" in done.stderr
    assert "Published generation 2" in done.stdout


def test_a_project_that_cannot_be_read_publishes_nothing(project: Path) -> None:
    (project / "models" / "things.sql").write_text("select {{ ref('nothing') }}", "utf-8")
    done = headwater(project, "build")
    assert done.returncode == 1
    assert "Not published: dbt could not build" in done.stderr
    assert not (project / "warehouse" / "headwater.duckdb").exists()
