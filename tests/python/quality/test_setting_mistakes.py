"""Mistakes in vars and in the environment: each ends with a message, the remedy in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from headwater.cli import app
from headwater.landing.contract import Source, tables_of
from headwater.landing.write import initialise
from tests.python.conftest import PROJECT, Dbt

VARS = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))["vars"]
# A wrong value of every var, and what the remedy says.
WRONG: dict[str, tuple[object, str]] = {
    "event_models": ("stg_own__events", "a list of staging models"),
    "loaded_tables": (["stripe.charges"], "stripe.charges: duckdb:"),
    "reporting_timezone": ("Mars/Olympus", "IANA name"),
    "event_time_floor_date": ("01.01.2010", "such as 2010-01-01"),
    "event_time_future_hours": (-1, "0 or more"),
    "clock_tolerance_seconds": (1.5, "a whole number"),
    "session_timeout_minutes": (0, "1 or more"),
    "session_splits_at_midnight": ("yes", "true or false"),
    "session_splits_on_campaign": (1, "true or false"),
    "session_longest_engaged_gap_seconds": ("5 minutes", "a whole number"),
    "session_engaged_seconds": (-10, "0 or more"),
    "full_build_passes": (0, "1 or more"),
    "default_funnel": ("", "seeds/funnels.csv"),
    "process_run_timeout_hours": ("24h", "1 or more"),
    "identity_logins_per_device": (-1, "0 or more"),
    "identity_largest_person": ([1000], "1 or more"),
    "new_person_days": ("a week", "0 or more"),
    "feature_early_days": (0, "1 or more"),
    "feature_retained_first_day": (-14, "1 or more"),
    "feature_retained_last_day": (20.5, "1 or more"),
    "impact_starts_at": ("signup", "trial or first_seen"),
    "impact_baseline_days": (True, "0 or more"),
    "impact_adoption_days": (0, "1 or more"),
    "impact_outcome_days": ({"days": 60}, "1 or more"),
    "impact_retained_days": (0, "1 or more"),
    "impact_fewest_persons": ("30", "1 or more"),
    "impact_fewest_outcomes": (0, "1 or more"),
    "impact_least_propensity": (0.5, "below 0.5"),
    "impact_largest_imbalance": (0, "above 0"),
    "experiment_fewest_persons": (0, "1 or more"),
    "experiment_largest_imbalance": (0, "above 0"),
    "planning_run_days": (7, "such as [30, 90]"),
    "planning_pre_days": (-14, "0 or more"),
    "journey_top_paths": (-1, "0 or more"),
    "journey_unexpected_ratio": (0.5, "1 or more"),
    "journey_unexpected_residual": (0, "above 0"),
    "interval_normal_quantile": ("95 %", "above 0"),
    "segment_smallest_count": (0, "1 or more"),
    "reconciliation_days": (-7, "1 or more"),
    "reconciliation_tolerance_seconds": (86_401, "at most a day"),
    "anomaly_days": (0, "1 or more"),
    "anomaly_wait_days": (-2, "0 or more"),
    "anomaly_threshold": (float("nan"), "above 0"),
    "tracking_days": (0, "1 or more"),
    "tracking_renamed_factor": (0.9, "1 or more"),
    "watch_days": (0, "1 or more"),
    "consent_refusals_are_rejected": ("no", "true or false"),
    "consent_category": ("", "a category"),
    "reporting_currency": ("dollars", "such as USD"),
    "lifetime_horizons_days": ([30, -90], "such as [30, 90]"),
    "validation_z": (float("inf"), "above 0"),
    "validation_severity": ("shout", "warn or error"),
    "direct_visit_sources": (["ga5"], "amplitude, ga4"),
    "attribution_window_days": (0, "1 or more"),
    "attribution_half_life_days": (0, "above 0"),
    "trial_window_days": (0, "1 or more"),
    "sales_window_days": (-30, "0 or more"),
    "pipedrive_custom_field_keys": ({"form_type": "1"}, "key of 40 characters"),
}
MODEL = "select 1 as thing"


def project(folder: Path, model: str = MODEL, **changed: object) -> Path:
    """The settings, macros and sources of the project with one model, which is soon parsed."""
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
    settings["vars"] |= changed
    for part in ("macros", "profiles"):
        shutil.copytree(PROJECT / part, folder / part)
    for file in (PROJECT / "models" / "staging").glob("*/_sources.yml"):
        copy = folder / file.relative_to(PROJECT)
        copy.parent.mkdir(parents=True)
        shutil.copy(file, copy)
    (folder / "models" / "things.sql").write_text(model, "utf-8")
    (folder / "dbt_project.yml").write_text(yaml.dump(settings), "utf-8")
    return folder


def complaint(folder: Path, project: Path, *arguments: str, **environment: str) -> str:
    """What dbt says to a mistake, on one line; it must not be a traceback."""
    printed = Dbt(folder / "landing", folder / "warehouse", settings=environment, project=project)
    (folder / "warehouse" / "target").mkdir(parents=True)
    printed.parsed.touch()  # the whole project's parse would be of no use here
    said = printed.complain(*arguments)
    assert "Traceback" not in said
    return said


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("vars")
    wrong = {name: value for name, (value, _) in WRONG.items()}
    return complaint(folder, project(folder / "project", **wrong), "build")


@pytest.mark.parametrize("name", VARS)
def test_a_wrong_var_is_named_with_its_value_and_the_remedy(printed: str, name: str) -> None:
    value, remedy = WRONG[name]
    shown = f"'{value}'" if isinstance(value, str) else str(value)
    _, found, rest = printed.partition(f"dbt_project.yml, var {name} = {shown}: write ")
    assert found, printed
    assert remedy in rest.split("dbt_project.yml, var")[0]


def test_vars_that_contradict_each_other_and_one_that_does_not_exist(tmp_path: Path) -> None:
    given = "{feature_early_days: 21, impact_retained_days: 61, sesion_timeout_minutes: 5}"
    said = complaint(tmp_path, project(tmp_path / "project"), "build", "--vars", given)
    assert said.count("dbt_project.yml, var ") == 3
    assert "feature_early_days = 21: write at most feature_retained_first_day, which is 14" in said
    assert "impact_retained_days = 61: write at most impact_outcome_days, which is 60" in said
    assert "sesion_timeout_minutes = 5: there is no such var" in said


def test_a_var_that_is_read_while_dbt_parses(tmp_path: Path) -> None:
    model = "{% for days in valid_var('planning_run_days') %} select {{ days }} {% endfor %}"
    made = project(tmp_path / "project", model, planning_run_days=7)
    assert "var planning_run_days = 7: write a list" in complaint(tmp_path, made, "parse")


def test_a_funnel_that_does_not_exist(tmp_path: Path, contract: dict[str, Source]) -> None:
    made = project(tmp_path / "project", default_funnel="shopp")
    for name in ("seeds/funnels.csv", "tests/singular/assert_default_funnel_is_a_funnel.sql"):
        (made / name).parent.mkdir(parents=True)
        shutil.copy(PROJECT / name, made / name)
    initialise(tmp_path / "landing", tables_of(contract))
    said = complaint(tmp_path, made, "build", "--select", "funnels", "--debug")
    assert "var default_funnel = 'shopp': write the name of a funnel of seeds/funnels.csv" in said


def test_a_landing_zone_that_is_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    made = project(tmp_path / "project", "select * from {{ source('own', 'events') }}")
    said = complaint(tmp_path, made, "build", LANDING_ROOT="nowhere")
    assert "LANDING_ROOT = nowhere has no files of 1 tables, such as own/events" in said
    assert "run `headwater --landing-root nowhere init`" in said


@pytest.mark.parametrize("salt", ["", "it's"])
def test_a_salt_that_protects_nobody(tmp_path: Path, salt: str) -> None:
    made = project(tmp_path / "project", "select {{ hashed(\"'a@b.c'\") }} as email_hash")
    said = complaint(tmp_path, made, "parse", HEADWATER_SALT=salt)
    assert "HEADWATER_SALT is empty or has a quote" in said
    assert "it's" not in said


FILE, FOLDER, NOWHERE = "{folder}/file", "{folder}/folder", "{folder}/file/nowhere"
WAREHOUSE, LANDING, MEMORY = "HEADWATER_WAREHOUSE", "LANDING_ROOT", "HEADWATER_MEMORY_LIMIT"
# The environment, the command, and what it says; in each, {folder} is the folder of the test.
ENVIRONMENTS: list[tuple[dict[str, str], str, str]] = [
    ({LANDING: FILE}, "init", f"LANDING_ROOT = {FILE} is a file: name the folder"),
    ({LANDING: FILE}, "land own dbt_project.yml", "is a file: name the folder"),
    ({LANDING: NOWHERE}, "init", f"{FILE}/nowhere/amplitude/events/landed_date=1970-01-01: Not a"),
    ({}, "simulate --days 7 --to {folder}/file", "Mend that and run it again"),
    ({WAREHOUSE: ""}, "build", "HEADWATER_WAREHOUSE is empty: name a file"),
    ({WAREHOUSE: FOLDER}, "build", f"HEADWATER_WAREHOUSE = {FOLDER} is a folder: name the file"),
    ({WAREHOUSE: FOLDER}, "summary", f"HEADWATER_WAREHOUSE = {FOLDER} is a folder: name the file"),
    ({WAREHOUSE: NOWHERE}, "build", f"{FILE}: File exists. Mend that"),
    ({WAREHOUSE: "/proc/nowhere/b.duckdb"}, "build", "/proc/nowhere: No such file or directory."),
    ({WAREHOUSE: NOWHERE}, "publish", f"{FILE}/lock: Not a directory. Mend that"),
    ({WAREHOUSE: "{folder}/none/b.duckdb"}, "publish", "does not exist: run `headwater build`"),
    ({WAREHOUSE: "{folder}/none/b.duckdb"}, "rollback", "does not exist: run `headwater build`"),
    ({WAREHOUSE: "{folder}/none/b.duckdb"}, "alerts", "does not exist: run `headwater build`"),
    ({WAREHOUSE: FILE}, "erase user=a", "cannot say who belongs together: run `headwater build`"),
    ({MEMORY: "lots"}, "build", "HEADWATER_MEMORY_LIMIT = 'lots' is no size: write 4GB or so."),
    ({MEMORY: "4 apples"}, "publish", "HEADWATER_MEMORY_LIMIT = '4 apples' is no size"),
    ({"HEADWATER_DUCKLAKE": "lake.db"}, "build", "HEADWATER_DUCKLAKE = 'lake.db' is no DuckLake"),
    ({"DBT_PROFILES_DIR": "nowhere"}, "build", "DBT_PROFILES_DIR = nowhere has no profiles.yml"),
    ({"HEADWATER_SALT": " "}, "erase user=a", "HEADWATER_SALT is empty: set the one that"),
    ({"HEADWATER_SPARK_HOME": FOLDER}, "compare", f"{FOLDER}/tables is not a folder: run `dbt"),
    ({"STRIPE_API_KEY": ""}, "ingest stripe --since 2025-01-01", "STRIPE_API_KEY in the environ"),
    ({}, "--project-dir {folder} init", "Run headwater in the project's folder, or name it with"),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "command", "message"), ENVIRONMENTS)
def test_a_wrong_environment_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    command: str,
    message: str,
) -> None:
    (tmp_path / "file").write_text("no folder and no warehouse", "utf-8")
    (tmp_path / "folder").mkdir()
    duckdb.connect(str(tmp_path / "build.duckdb")).close()
    defaults = {LANDING: "{folder}/landing", WAREHOUSE: "{folder}/build.duckdb"}
    for name, value in (defaults | environment).items():
        monkeypatch.setenv(name, value.format(folder=tmp_path))
    monkeypatch.chdir(PROJECT)
    done = CliRunner().invoke(app, command.format(folder=tmp_path).split())
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (1, 2)
    assert message.format(folder=tmp_path) in done.stderr
