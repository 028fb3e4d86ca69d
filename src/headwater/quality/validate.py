"""Run every suite in gx/expectations against the relation that it is named after."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from great_expectations.checkpoint.checkpoint import CheckpointResult
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.datasource.fluent.sql_datasource import (
        QueryAsset,
        SQLDatasource,
        TableAsset,
    )

FOLDER = "gx"
LONGEST_SECONDS = 600
DATA_DOCS = Path("uncommitted", "data_docs", "index.html")


class ValidationError(RuntimeError):
    """The suites could not be run; the message says why and what to do."""


@dataclass(frozen=True)
class Finding:
    """An expectation that was not met: its suite, what was expected, and what was found."""

    suite: str
    expected: str
    found: str


@dataclass(frozen=True)
class Validation:
    """How many suites and expectations were looked at, what was not met, and the report."""

    suites: int
    expectations: int
    findings: list[Finding]
    data_docs: Path


def is_installed() -> bool:
    """Whether the extra `quality` is there."""
    from importlib.util import find_spec

    return all(find_spec(name) for name in ("great_expectations", "duckdb_engine"))


def validate(project_dir: Path, landing_root: Path, warehouse: Path) -> Validation:
    """Run all suites of the project.

    Args:
        project_dir: has the folder gx.
        landing_root: the landing zone; landed tables are read as of their last landed day, or whole
            where they have none.
        warehouse: the DuckDB file with the marts; opened read-only.

    Raises:
        ValidationError: Great Expectations is not installed, there is no suite or no warehouse, or
            a suite is not named after a relation, cannot be read or asks for what is not there.
    """
    if not is_installed():
        raise ValidationError("Great Expectations is not installed: run `uv sync --extra quality`.")
    suites = _suites(project_dir / FOLDER / "expectations")
    if not warehouse.exists():
        raise ValidationError(f"{warehouse} does not exist: run `dbt build` first.")
    copy = project_dir / "target" / FOLDER
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(project_dir / FOLDER, copy)
    return _in_own_process(copy, landing_root, warehouse, suites)


def _in_own_process(
    project: Path, landing_root: Path, warehouse: Path, suites: dict[str, set[str]]
) -> Validation:
    """The library loads much, warns a lot, and keeps connections that DuckDB complains about."""
    answer = project / "uncommitted" / "answer.json"
    asked = {name: sorted(types) for name, types in suites.items()}
    arguments = [str(project), str(landing_root), str(warehouse), json.dumps(asked), str(answer)]
    command = [sys.executable, "-m", __name__, *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise ValidationError(
            f"Great Expectations did not end in {LONGEST_SECONDS} s: run fewer suites."
        ) from error
    try:
        said = json.loads(answer.read_text("utf-8"))
    except OSError as error:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ValidationError(f"Great Expectations ended before it answered: {last}") from error
    if "error" in said:
        raise ValidationError(said["error"])
    findings = [Finding(**finding) for finding in said.pop("findings")]
    return Validation(**said, findings=findings, data_docs=project / DATA_DOCS)


def main() -> None:
    """Answer `_in_own_process`, in a file, and leave without waiting for the library to end."""
    project, landing_root, warehouse, suites, answer = sys.argv[1:]
    types = {name: set(of_suite) for name, of_suite in json.loads(suites).items()}
    try:
        said = _validation(Path(project), Path(landing_root), Path(warehouse), types)
    except ValidationError as error:
        said = {"error": str(error)}
    Path(answer).parent.mkdir(parents=True, exist_ok=True)
    Path(answer).write_text(json.dumps(said), "utf-8")
    os._exit(0)


def _validation(
    project: Path, landing_root: Path, warehouse: Path, suites: dict[str, set[str]]
) -> dict[str, Any]:
    """What goes into the answer: a Validation but for its report."""
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    result = _run(project, landing_root, warehouse, suites)
    results = {
        definition.suite_name: definition.results for definition in result.run_results.values()
    }
    findings = [
        asdict(finding)
        for suite in sorted(results)
        for one in results[suite]
        if (finding := _finding(suite, one)) is not None
    ]
    count = sum(len(of_suite) for of_suite in results.values())
    return {"suites": len(results), "expectations": count, "findings": findings}


def _suites(folder: Path) -> dict[str, set[str]]:
    """The types of expectations in each; a mistake in a file is told by its name."""
    suites = {}
    for file in sorted(folder.rglob("*.json")):
        expected = ".".join(file.relative_to(folder).with_suffix("").parts)
        try:
            suite = json.loads(file.read_text("utf-8"))
            name, types = suite["name"], {one["type"] for one in suite["expectations"]}
        except (ValueError, KeyError, TypeError) as error:
            raise ValidationError(
                f"{file} is no suite: {error!r}. It needs `name`, and `expectations` with a `type`."
            ) from error
        if name != expected:
            raise ValidationError(
                f"{file}: its name is {name}, and has to be {expected}, after the file."
            )
        suites[name] = types
    if not suites:
        raise ValidationError(f"{folder} holds no suite: add one, as docs/operations.md says.")
    return suites


def _run(
    project: Path, landing_root: Path, warehouse: Path, suites: dict[str, set[str]]
) -> CheckpointResult:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.checkpoint.actions import UpdateDataDocsAction
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from headwater.quality import dialect

    dialect.register()
    context = gx.get_context(mode="file", context_root_dir=project)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    url = f"{dialect.NAME}:///{warehouse.resolve()}?access_mode=read_only"
    source = context.data_sources.add_or_update_sql("headwater", connection_string=url)
    definitions = []
    for name, types in suites.items():
        try:
            asset = _asset(source, name, landing_root)
            batch = asset.add_batch_definition_whole_table(name)
            suite = context.suites.get(name)
        except Exception as error:  # the library has no one class for what may be wrong in a suite
            said = " ".join(str(error).split())
            raise ValidationError(f"the suite {name} cannot be run: {said}") from error
        known = {expectation.expectation_type for expectation in suite.expectations}
        if unknown := types - known:  # which the library leaves out without a word
            raise ValidationError(f"{name}: there is no expectation {', '.join(sorted(unknown))}.")
        definition = gx.ValidationDefinition(name=name, data=batch, suite=suite)
        definitions.append(context.validation_definitions.add_or_update(definition))
    docs = UpdateDataDocsAction(name="data_docs")
    checkpoint = gx.Checkpoint(name="headwater", validation_definitions=definitions, actions=[docs])
    return context.checkpoints.add_or_update(checkpoint).run()


def _asset(source: SQLDatasource, name: str, landing_root: Path) -> TableAsset | QueryAsset:
    kind, *relation = name.split(".")
    if kind == "marts" and len(relation) == 1:
        return source.add_table_asset(name, schema_name="marts", table_name=relation[0])
    if kind == "landing" and len(relation) == 2:
        return source.add_query_asset(name, query=_landed(landing_root, relation))
    raise ValueError("it has to lie in marts/ or in landing/SOURCE/")


def _landed(landing_root: Path, relation: list[str]) -> str:
    """Of a table that is landed by day only the last one: a run costs what a day has."""
    table = landing_root.resolve().joinpath(*relation)
    last = max(table.glob("landed_date=*"), default=table)
    return (
        f"select * from read_parquet('{last}/**/*.parquet', union_by_name = true, "
        "hive_partitioning = true)"
    )


def _finding(suite: str, result: ExpectationValidationResult) -> Finding | None:
    config = result.expectation_config
    if result.success or config is None:
        return None
    asked = {name: value for name, value in config.kwargs.items() if name != "batch_id"}
    expected = f"{config.type} {json.dumps(asked, default=str)}"
    raised = result.exception_info or {}
    if found := _message(raised):
        raise ValidationError(f"{suite}: {expected} could not be asked: {found}")
    seen = result.result
    if (count := seen.get("unexpected_count")) is not None:
        examples = ", ".join(map(str, (seen.get("partial_unexpected_list") or [])[:3]))
        return Finding(suite, expected, f"{count} of {seen.get('element_count')} rows: {examples}")
    return Finding(suite, expected, str(seen.get("observed_value")))


def _message(raised: dict[str, Any]) -> str:
    """What an expectation raised; either one exception, or one for each metric that it needs."""
    parts = [raised] if "raised_exception" in raised else list(raised.values())
    said = [str(part["exception_message"]) for part in parts if part["raised_exception"]]
    return " ".join(said[0].split()) if said else ""


if __name__ == "__main__":
    main()
