"""The decision memo of one experiment: what to do, why, how, what to watch and what to guard.

`collect` reads the published file, `render` draws Markdown; the JSON form is what `collect`
returns. Every sentence carries the rows of the marts that it rests on. The decision is that of the
mart experiment_decisions: nothing is tested or decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined

from headwater.report.memo_treatment import RECOMMENDATIONS, Treatment
from headwater.report.memo_words import (
    KEYS,
    Row,
    Sentence,
    both_counts,
    cells_of,
    counted,
    evidence_of,
    health_of,
    listed,
    note_text,
    period_of,
    sentence_of,
    spaced,
)
from headwater.report.published import reading
from headwater.simulate.run import settings_of

Memo = dict[str, Any]

# The other warnings of experiment_results are questions of experiment_health.
WARNINGS = {
    "ZERO_VARIANCE_ONE_ARM": "everybody in one variant has the same value",
    "SKEWED_SMALL_N": "few people and skewed values: the interval may be off",
    "SMALL_COUNTS": "fewer than 10 people with it, or without, in a variant",
    "LOW_PRE_COVERAGE": "hardly anybody was there before, so adjusting by it does little",
    "CAP_AT_ZERO": "the cap is 0: nothing is left to compare",
}
FACTS = (
    "hypothesis", "owner", "state", "control_variant", "alpha", "person_count", "excluded_count",
)  # fmt: skip
OF_EXPERIMENT = [mart for mart in KEYS if mart.startswith("experiment")]
SEEN_TWICE = """
select
    event_name,
    cast(sum(event_count) as bigint) as event_count,
    cast(sum(also_seen_count) as bigint) as also_seen_count
from marts.source_reconciliation
where
    event_name in (
        select unnest([event_name, denominator_event_name])
        from marts.experiment_metrics where experiment_name = $name
    )
    and event_date >= $start
    and event_date < coalesce($end, date '9999-12-31')
group by event_name
having sum(also_seen_count) > 0
order by event_name
"""


class MemoError(RuntimeError):
    """There is no memo to write; the message says what to do."""


def collect(published: Path, experiment_name: str, project_dir: Path = Path()) -> Memo:
    """Read what the memo of an experiment says.

    Args:
        published: the DuckDB file that readers open; opened read-only.
        experiment_name: as in the mart experiments.
        project_dir: what a relative landing root in the file starts from.

    Returns:
        experiment_id, baseline_period, experiment_period, and of the best treatment
        segment_impacts (percent, 5.0 for 5 %), overall_assessment, recommendation and the sentences
        by section with their evidence; the same of other_treatments; warnings, context, and what it
        was built from.

    Raises:
        MemoError: nothing is published, the file lacks a mart, or the experiment is not in it.
    """
    with reading(published, MemoError) as connection:
        found = _read(connection, experiment_name)
    (publication,) = found["publications"]
    (experiment,) = found["experiments"]
    ranks = list(RECOMMENDATIONS)
    decisions = sorted(found["experiment_decisions"], key=lambda row: ranks.index(row["decision"]))
    best, *others = [Treatment(experiment, row, found).told() for row in decisions]
    memo = {
        "experiment_id": experiment["experiment_id"],
        "experiment_name": experiment_name,
        "baseline_period": period_of(experiment["baseline_start_date"], experiment["start_date"]),
        "experiment_period": period_of(experiment["start_date"], experiment["end_date"]),
        **best,
        "other_treatments": others,
        "warnings": list(_warnings(found)),
        "context": [
            sentence_of(
                f"context.{row['note_id']}",
                note_text(row),
                evidence_of("experiment_notes", "note", row),
            )
            for row in found["experiment_notes"]
            if row["kind"] != "override"
        ],
        "experiment": {name: experiment[name] for name in FACTS},
        "metrics": {
            row["metric_name"]: {"role": row["role"], "description": row["description"]}
            for row in found["experiment_metrics"]
        },
        "built_from": {
            "landing_root": publication["landing_root"],
            "simulated": settings_of(project_dir / publication["landing_root"]),
            "generation": publication["generation"],
            "published_at": f"{publication['published_at']:%Y-%m-%d %H:%M} UTC",
        },
    }
    _override(memo, [row for row in found["experiment_notes"] if row["kind"] == "override"])
    return memo


def render(memo: Memo) -> str:
    """The memo as Markdown; rows that sentences rest on are numbered, and listed at the end."""
    environment = Environment(
        loader=PackageLoader("headwater", "report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    rows: list[Row] = []

    def marked(sentence: Sentence) -> str:
        """A sentence with the numbers of its rows, which takes in those that are new."""
        rows.extend(row for row in sentence["evidence"] if row not in rows)
        places = [str(rows.index(row) + 1) for row in sentence["evidence"]]
        by = f" (edited by {sentence['edited_by']})" if "edited_by" in sentence else ""
        return f"{sentence['text']}{by} [{', '.join(places)}]"

    template = environment.get_template("memo.md.j2")
    treatments = [memo, *memo["other_treatments"]]
    return template.render(
        memo=memo, treatments=treatments, rows=rows, marked=marked, cells=cells_of
    )


def _read(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, list[Row]]:
    """What each mart says of the experiment."""

    def rows(query: str, **arguments: object) -> list[Row]:
        done = connection.execute(query, arguments)
        columns = [column[0] for column in done.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in done.fetchall()]

    known = [row["experiment_name"] for row in rows("from marts.experiments order by all")]
    if name not in known:
        there = ", ".join(known) or "none; declare one in seeds/experiments.csv"
        raise MemoError(f"there is no experiment {name!r}; there are: {there}.")
    found = {
        mart: rows(f"from marts.{mart} where experiment_name = $name order by all", name=name)
        for mart in OF_EXPERIMENT
    }
    if not found["experiment_decisions"]:
        raise MemoError(f"no treatment of {name} is built: run `headwater build --full-refresh`.")
    (experiment,) = found["experiments"]
    start, end = experiment["baseline_start_date"], experiment["end_date"]
    found["source_reconciliation"] = rows(SEEN_TWICE, name=name, start=start, end=end)
    found["publications"] = rows("from marts.publications order by generation desc limit 1")
    return found


def _override(memo: Memo, notes: Sequence[Row]) -> None:
    """Give sentences the words of the notes that name them; their evidence stays."""
    treatments = [memo, *memo["other_treatments"]]
    groups = [*(group for one in treatments for group in one["sections"].values())]
    sentences = {
        sentence["key"]: sentence for group in [*groups, memo["warnings"]] for sentence in group
    }
    for row in notes:
        key, evidence = row["sentence_key"], evidence_of("experiment_notes", "note", row)
        if sentence := sentences.get(key):
            sentence |= {
                "text": row["note"],
                "generated_text": sentence["text"],
                "edited_by": row["author"] or row["note_id"],
                "evidence": [*sentence["evidence"], evidence],
            }
        else:
            text = (
                f"The note {row['note_id']} has words for {key}, which this memo does not say: "
                "correct its sentence_key in seeds/analysis_notes.csv, or remove it."
            )
            memo["warnings"].append(sentence_of(f"override.{row['note_id']}", text, evidence))


def _warnings(found: dict[str, list[Row]]) -> Iterator[Sentence]:
    """What is wrong with the data, or with reading them now, for all treatments."""
    for row in found["experiment_health"]:
        if row["verdict"] in ("warn", "fail"):
            name = spaced(row["check_name"]).capitalize()
            verdict = "fails" if row["verdict"] == "fail" else "wants a look"
            text = f"{name} {verdict}{counted(row)}. {row['advice']}"
            yield sentence_of(f"health.{row['check_name']}", text, health_of(row))
    if unknown := [row for row in found["experiment_health"] if row["verdict"] == "unknown"]:
        text = f"Cannot be checked yet: {listed([spaced(row['check_name']) for row in unknown])}."
        yield sentence_of("health.unknown", text, *map(health_of, unknown))
    (experiment,) = found["experiments"]
    if experiment["state"] == "running":
        text = (
            "It is still running, and p-values and intervals hold for one look only; "
            "seq_p_value in experiment_results holds however often one looks."
        )
        yield sentence_of("running", text, evidence_of("experiments", "state", experiment))
    for row in found["experiment_results"]:
        if row["segment_name"] == "all" and row["method"] == "unadjusted":
            for name in [name for name in WARNINGS if name in row["warnings"].split(",")]:
                text = f"{row['metric_name']} in {row['treatment']}: {WARNINGS[name]}."
                key = f"{row['treatment']}.{row['metric_name']}.{name.lower()}"
                yield sentence_of(
                    key,
                    text,
                    evidence_of("experiment_results", "warnings", row, n=both_counts(row)),
                )
    for row in found["source_reconciliation"]:
        text = (
            f"{row['also_seen_count']:,} of {row['event_count']:,} events {row['event_name']} were "
            "recorded by two tools: count them from one."
        )
        n = {"events": row["event_count"]}
        evidence = evidence_of("source_reconciliation", "also_seen_count", row, n=n)
        yield sentence_of(f"seen_twice.{row['event_name']}", text, evidence)
