"""`headwater validate`: the suites in gx/ over the company, and over data that breaks them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from headwater.quality.validate import ValidationError, validate
from tests.python.conftest import PROJECT

pytest.importorskip("great_expectations", reason="the extra quality is not installed")

UNIQUE = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "thing"}}
FILLED = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "thing"}}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Our context without our suites, a warehouse with one mart, and a table of two landed days."""
    (tmp_path / "gx").mkdir()
    shutil.copy(PROJECT / "gx" / "great_expectations.yml", tmp_path / "gx")
    with duckdb.connect(str(tmp_path / "build.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.things as from (values (1), (2), (2), (null)) t(thing)"
        )
        for day, thing in (("2025-01-01", "null"), ("2025-01-02", "1")):
            folder = tmp_path / "landing" / "own" / "events" / f"landed_date={day}"
            folder.mkdir(parents=True)
            connection.execute(f"copy (select {thing} as thing) to '{folder}/part.parquet'")
    return tmp_path


def write_suite(project: Path, name: str, *expectations: dict[str, Any]) -> Path:
    file = project.joinpath("gx", "expectations", *name.split(".")).with_suffix(".json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"name": name, "expectations": list(expectations)}), "utf-8")
    return file


def run(project: Path) -> list[str]:
    """What was not met, in words."""
    done = validate(project, project / "landing", project / "build.duckdb")
    assert done.data_docs.exists()
    return [f"{one.suite}: {one.expected}: {one.found}" for one in done.findings]


def test_the_company_meets_all_expectations(company_warehouse: Path, tmp_path: Path) -> None:
    linked = company_warehouse.parent / "linked"
    shutil.copytree(PROJECT / "gx", tmp_path / "gx")
    command = [Path(sys.executable).with_name("headwater"), "--project-dir", tmp_path]
    done = subprocess.run(
        [*command, "--landing-root", linked / "landing", "validate"],
        env=os.environ | {"HEADWATER_WAREHOUSE": str(company_warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    files = list((PROJECT / "gx" / "expectations").rglob("*.json"))
    asked = sum(len(json.loads(file.read_text("utf-8"))["expectations"]) for file in files)
    assert f"{asked} of {asked} expectations in {len(files)} suites were met" in done.stdout
    assert (tmp_path / "target/gx/uncommitted/data_docs/index.html").exists()
    committed = [file.name for file in (tmp_path / "gx").iterdir()]
    assert sorted(committed) == ["expectations", "great_expectations.yml"]


def test_what_is_not_met_is_told_with_its_rows(project: Path) -> None:
    write_suite(project, "marts.things", UNIQUE, FILLED)
    unique, filled = run(project)
    assert unique.startswith("marts.things: expect_column_values_to_be_unique")
    assert unique.endswith("2 of 4 rows: 2, 2")
    assert filled.endswith("1 of 4 rows: None")


def test_of_a_landed_table_the_last_day_is_looked_at(project: Path) -> None:
    write_suite(project, "landing.own.events", FILLED)
    assert run(project) == []
    shutil.rmtree(project / "landing/own/events/landed_date=2025-01-02")
    assert run(project)[0].endswith("1 of 1 rows: None")


@pytest.mark.parametrize(
    ("name", "expectation", "message"),
    [
        ("marts.nothing", FILLED, "the suite marts.nothing cannot be run"),
        ("things", FILLED, "has to lie in marts/ or in landing/SOURCE/"),
        (
            "marts.things",
            {"type": "expect_magic", "kwargs": {}},
            "marts.things: there is no expectation expect_magic.",
        ),
        (
            "marts.things",
            {"type": FILLED["type"], "kwargs": {"column": "colour"}},
            'marts.things: expect_column_values_to_not_be_null {"column": "colour"} could not be',
        ),
    ],
)
def test_a_suite_that_cannot_be_run_is_named(
    project: Path, name: str, expectation: dict[str, Any], message: str
) -> None:
    write_suite(project, name, expectation)
    with pytest.raises(ValidationError) as raised:
        run(project)
    assert message in str(raised.value)


def test_mistakes_are_told_before_anything_runs(project: Path) -> None:
    with pytest.raises(ValidationError, match="holds no suite"):
        run(project)
    file = write_suite(project, "marts.things", FILLED)
    file.rename(file.with_name("others.json"))
    with pytest.raises(ValidationError, match=r"others\.json: its name is marts\.things, and has"):
        run(project)
    file.with_name("others.json").write_text("{", "utf-8")
    with pytest.raises(ValidationError, match="is no suite"):
        run(project)
    file.with_name("others.json").unlink()
    write_suite(project, "marts.things", FILLED)
    (project / "build.duckdb").unlink()
    with pytest.raises(ValidationError, match="does not exist: run `dbt build`"):
        run(project)
