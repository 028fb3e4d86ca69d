"""The decision memo of one experiment: what to do, why, how, what to watch and what to guard.

`collect` reads the published file, `render` draws Markdown; the JSON form is what `collect`
returns. Every sentence carries the rows of the marts that it rests on. The decision is that of the
mart experiment_decisions: nothing is tested or decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined

from headwater.simulate.run import settings_of

Memo = dict[str, Any]
Row = dict[str, Any]
Sentence = dict[str, Any]

# From what gives most to what gives least: the memo of several treatments begins with the best.
RECOMMENDATIONS = {
    "ship": "Ship",
    "segment_aware_rollout": "Segment-aware rollout",
    "keep_running": "Keep running",
    "roll_back": "Roll back",
    "invalid": "Do not decide by it",
}
VERDICTS = {"win": "a win", "lose": "a loss"}
ARROWS = {"up": "↑", "down": "↓", "flat": "±"}
# The other warnings of experiment_results are questions of experiment_health.
WARNINGS = {
    "ZERO_VARIANCE_ONE_ARM": "everybody in one variant has the same value",
    "SKEWED_SMALL_N": "few people and skewed values: the interval may be off",
    "SMALL_COUNTS": "fewer than 10 people with it, or without, in a variant",
    "LOW_PRE_COVERAGE": "hardly anybody was there before, so adjusting by it does little",
    "CAP_AT_ZERO": "the cap is 0: nothing is left to compare",
}
# What tells a row of each mart that sentences rest on.
KEYS: dict[str, tuple[str, ...]] = {
    "experiments": ("experiment_name",),
    "experiment_decisions": ("experiment_name", "treatment"),
    "experiment_health": ("experiment_name", "check_name"),
    "experiment_metrics": ("experiment_name", "metric_name"),
    "experiment_notes": ("experiment_name", "note_id"),
    "experiment_results": (
        "experiment_name", "metric_name", "treatment", "method", "segment_name", "segment_value",
    ),
    "experiment_segments": (
        "experiment_name", "metric_name", "treatment", "segment_name", "segment_value",
    ),
    "source_reconciliation": ("event_name",),
}  # fmt: skip
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
    if not published.exists():
        raise MemoError(
            f"{published} does not exist: run `headwater build`, which publishes what passed."
        )
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            found = _read(connection, experiment_name)
    except duckdb.CatalogException as error:
        raise MemoError(
            f"{published} lacks a mart: run `headwater build` to publish it anew. {error}"
        ) from error
    except duckdb.IOException as error:
        raise MemoError(f"{published} cannot be opened: {error}") from error
    (publication,) = found["publications"]
    (experiment,) = found["experiments"]
    decisions = sorted(
        found["experiment_decisions"],
        key=lambda row: (list(RECOMMENDATIONS).index(row["decision"]), row["treatment"]),
    )
    best, *others = [_Treatment(experiment, row, found).told() for row in decisions]
    memo = {
        "experiment_id": experiment["experiment_id"],
        "experiment_name": experiment_name,
        "baseline_period": _period(experiment["baseline_start_date"], experiment["start_date"]),
        "experiment_period": _period(experiment["start_date"], experiment["end_date"]),
        **best,
        "other_treatments": others,
        "warnings": list(_warnings(found)),
        "context": [
            _sentence(
                f"context.{row['note_id']}", _note(row), _evidence("experiment_notes", "note", row)
            )
            for row in found["experiment_notes"]
            if row["kind"] != "override"
        ],
        "experiment": {name: experiment[name] for name in FACTS},
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
    return template.render(memo=memo, treatments=treatments, rows=rows, marked=marked, cells=_cells)


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
        key, evidence = row["sentence_key"], _evidence("experiment_notes", "note", row)
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
            memo["warnings"].append(_sentence(f"override.{row['note_id']}", text, evidence))


def _warnings(found: dict[str, list[Row]]) -> Iterator[Sentence]:
    """What is wrong with the data, or with reading them now, for all treatments."""
    for row in found["experiment_health"]:
        if row["verdict"] in ("warn", "fail"):
            name = _words(row["check_name"]).capitalize()
            verdict = "fails" if row["verdict"] == "fail" else "wants a look"
            text = f"{name} {verdict}{_counted(row)}. {row['advice']}"
            yield _sentence(f"health.{row['check_name']}", text, _health(row))
    if unknown := [row for row in found["experiment_health"] if row["verdict"] == "unknown"]:
        text = f"Cannot be checked yet: {_listed([_words(row['check_name']) for row in unknown])}."
        yield _sentence("health.unknown", text, *map(_health, unknown))
    (experiment,) = found["experiments"]
    if experiment["state"] == "running":
        text = (
            "It is still running, and p-values and intervals hold for one look only; "
            "seq_p_value in experiment_results holds however often one looks."
        )
        yield _sentence("running", text, _evidence("experiments", "state", experiment))
    for row in found["experiment_results"]:
        if row["segment_name"] == "all" and row["method"] == "unadjusted":
            for name in [name for name in WARNINGS if name in row["warnings"].split(",")]:
                text = f"{row['metric_name']} in {row['treatment']}: {WARNINGS[name]}."
                key = f"{row['treatment']}.{row['metric_name']}.{name.lower()}"
                yield _sentence(
                    key, text, _evidence("experiment_results", "warnings", row, n=_both(row))
                )
    for row in found["source_reconciliation"]:
        text = (
            f"{row['also_seen_count']:,} of {row['event_count']:,} events {row['event_name']} were "
            "recorded by two tools: count them from one."
        )
        n = {"events": row["event_count"]}
        evidence = _evidence("source_reconciliation", "also_seen_count", row, n=n)
        yield _sentence(f"seen_twice.{row['event_name']}", text, evidence)


@dataclass(frozen=True)
class _Treatment:
    """What is said of one treatment: `row` is its decision."""

    experiment: Row
    row: Row
    found: dict[str, list[Row]]

    @cached_property
    def name(self) -> str:
        return str(self.row["treatment"])

    @cached_property
    def grade(self) -> str:
        """How much its numbers say; where lots were not drawn right, they compare as they are."""
        return "raw" if self.row["failed_check_count"] else "experiment"

    @cached_property
    def segment(self) -> str:
        """The segment whose values want different treatment; `all` where none does."""
        return self.row["divided_segment"] or "all"

    @cached_property
    def decision(self) -> str:
        """That of the mart, or `wait` and `undecided` where it says to run on and that is empty."""
        if self.row["decision"] == "keep_running":
            if all(row["status"] != "OK" for row in self.effects("all", "goal")):
                return "wait"
            if self.experiment["state"] == "ended":
                return "undecided"
        return str(self.row["decision"])

    def effects(self, segment: str, role: str) -> list[Row]:
        """Effects on the values of a segment, of metrics that play a part."""
        return [
            row
            for row in self.found["experiment_segments"]
            if (row["treatment"], row["segment_name"], row["role"]) == (self.name, segment, role)
        ]

    def results(self, **fields: object) -> list[Row]:
        """Results over everybody."""
        fields |= {"treatment": self.name, "segment_name": "all"}
        return [row for row in self.found["experiment_results"] if fields.items() <= row.items()]

    def goals(self, value: str, outcome: str) -> list[Row]:
        """Goals with an outcome in a value of the segment."""
        return [
            row
            for row in self.effects(self.segment, "goal")
            if (row["segment_value"], row["outcome"]) == (value, outcome)
        ]

    def values(self, *, win: bool, lose: bool) -> list[str]:
        """Values of the segment in which some goal wins, or none, and some loses, or none."""
        values = {row["segment_value"]: None for row in self.effects(self.segment, "goal")}
        return [
            value
            for value in values
            if (bool(self.goals(value, "win")), bool(self.goals(value, "lose"))) == (win, lose)
        ]

    def people(self, *, win: bool, lose: bool) -> str:
        """Those who have these values."""
        return _listed([_people(self.segment, one) for one in self.values(win=win, lose=lose)])

    def told(self) -> Memo:
        """The part of the memo that is about this treatment."""
        sections: dict[str, Callable[[], Iterator[Sentence]]] = {
            "What": self.what,
            "Why": self.why,
            "How": self.how,
            "Metrics to watch": self.watch,
            "Guardrails": self.guardrails,
        }
        more = {"wait": "Wait for results", "undecided": "Undecided"}
        return {
            "treatment": self.name,
            "segment": self.segment,
            "segment_impacts": self.impacts(),
            "overall_assessment": self.assessment(),
            "recommendation": (RECOMMENDATIONS | more)[self.decision],
            "decision": self.row["decision"],
            "evidence_grade": self.grade,
            "sections": {name: list(sentences()) for name, sentences in sections.items()},
        }

    def impacts(self) -> Memo:
        """What happened to each metric, by value of the segment."""
        impacts: Memo = {}
        for role in ("goal", "secondary", "guardrail"):
            for row in self.effects(self.segment, role):
                if row["direction"] is not None:
                    impacts.setdefault(row["segment_value"], {})[row["metric_name"]] = {
                        "direction": row["direction"],
                        "percent_change": _percent(row["relative_change"]),
                        "percent_low": _percent(row["relative_change_low"]),
                        "percent_high": _percent(row["relative_change_high"]),
                        "n_control": row["n_control"],
                        "n_treatment": row["n_treatment"],
                        "role": role,
                        "outcome": row["outcome"],
                    }
        return impacts

    def assessment(self) -> str:
        """Who wins and who loses, on one line."""
        if failed := self.failed():
            return f"Invalid - {_listed([_words(row['check_name']) for row in failed])} failed"
        if self.decision == "wait":
            return f"No results yet - {self.experiment['state']}"
        hurt = [
            f"guardrail {row['metric_name']} worse"
            for row in self.effects("all", "guardrail")
            if row["outcome"] == "lose"
        ]
        if self.segment != "all":
            said = [
                f"{who} {what}"
                for who, what in (
                    (self.people(win=True, lose=False), "win"),
                    (self.people(win=False, lose=True), "lose"),
                    (self.people(win=True, lose=True), "win and lose"),
                )
                if who
            ]
            return f"Mixed - {', '.join(said + hurt)}"
        won, lost = (
            [f"{row['metric_name']} {how}" for row in self.goals("all", outcome)]
            for outcome, how in (("win", "better"), ("lose", "worse"))
        )
        lost += hurt
        kind = "Mixed" if won and lost else "Win" if won else "Loss" if lost else "Inconclusive"
        return f"{kind} - {', '.join(won + lost) or 'no goal changed clearly'}"

    def failed(self) -> list[Row]:
        return [row for row in self.found["experiment_health"] if row["verdict"] == "fail"]

    def sentence(self, key: str, text: str, *rows: Row) -> Sentence:
        return _sentence(f"{self.name}.{key}", text, *rows)

    def decided(self) -> Row:
        return _evidence("experiment_decisions", "decision", self.row, self.grade)

    def effect(self, row: Row) -> Row:
        return _effect(row, self.grade)

    def declared(self) -> Row:
        return _evidence("experiments", "metric_count", self.experiment)

    def what(self) -> Iterator[Sentence]:
        name, control = self.name, self.experiment["control_variant"]
        winners, torn = self.people(win=True, lose=False), self.people(win=True, lose=True)
        text = {
            "ship": f"Give {name} to everybody.",
            "segment_aware_rollout": (
                f"Give {name} to {winners}, and {control} to all others."
                if winners
                else f"Choose which goal counts more for {torn}: one wins, another loses."
            ),
            "keep_running": "Decide nothing yet, and let it run on.",
            "roll_back": f"Give {control} to everybody again.",
            "invalid": "Decide nothing by it: a check of its health failed.",
            "wait": "Decide nothing yet: there are no results.",
            "undecided": f"Keep {control} for everybody: it ended without a clear result.",
        }[self.decision]
        yield self.sentence("what", text, self.decided())
        rivals = [row for row in self.found["experiment_decisions"] if row["decision"] == "ship"]
        if self.decision == "ship" and len(rivals) > 1:
            names = _listed([row["treatment"] for row in rivals])
            text = f"{names} all could be: they are compared with {control}, not with each other."
            rows = [_evidence("experiment_decisions", "decision", r, self.grade) for r in rivals]
            yield self.sentence("what.rivals", text, *rows)

    def why(self) -> Iterator[Sentence]:
        if failed := self.failed():
            text = "What follows are raw differences, not what the treatment does."
            yield self.sentence("why.raw", text, *map(_health, failed))
        yield from self.changes("why", self.effects("all", "goal"))
        if self.segment != "all":
            own = self.effects(self.segment, "goal")
            text = "If {} made no difference, its values would be as different with {}."
            yield self.apart(text, own)
            yield from self.changes("why", own)
        goals = [
            row
            for row in self.found["experiment_segments"]
            if (row["treatment"], row["role"]) == (self.name, "goal")
        ]
        tested = [row for row in goals if row["interaction_p_value"] is not None]
        if self.segment == "all" and tested:
            least = min(tested, key=lambda row: row["interaction_p_value"])
            text = "No segment calls for a rollout of its own; most different is {}, with {}."
            yield self.apart(text, [least])
        for row in _by_dimension([row for row in goals if row["is_simpson"]]):
            text = (
                f"Every value of {row['segment_name']} says the opposite of the whole about "
                f"{row['metric_name']}: do not trust the whole."
            )
            key = f"why.{row['segment_name']}.{row['metric_name']}.simpson"
            yield self.sentence(key, text, self.tested(row))

    def tested(self, row: Row) -> Row:
        """The evidence for what is the same in all rows of a metric and segment."""
        p = "interaction_p_value"
        evidence = _evidence("experiment_segments", p, row, self.grade, p=p)
        del evidence["key"]["segment_value"]
        return evidence

    def apart(self, text: str, rows: Sequence[Row]) -> Sentence:
        """How likely it is that the treatment does the same to every value of a segment."""
        rows = [row for row in _by_dimension(rows) if row["interaction_p_value"] is not None]
        segment = rows[0]["segment_name"]
        said = [f"p {_p(row['interaction_p_value'])} ({row['metric_name']})" for row in rows]
        key = f"why.{segment}.apart"
        return self.sentence(key, text.format(segment, _listed(said)), *map(self.tested, rows))

    def changes(self, section: str, rows: Sequence[Row]) -> Iterator[Sentence]:
        """A sentence for each clear effect, and for each metric one about all that are not."""
        for row in rows:
            if verdict := VERDICTS.get(row["outcome"]):
                who = _people(row["segment_name"], row["segment_value"])
                verdict = verdict if self.grade == "experiment" else "a raw difference"
                key = f"{section}.{row['segment_value']}.{row['metric_name']}"
                text = f"{row['metric_name']} {_change(row)} for {who}: {verdict}."
                yield self.sentence(key, text, self.effect(row))
        for one in _by_dimension([row for row in rows if row["outcome"] not in VERDICTS]):
            metric, segment = one["metric_name"], one["segment_name"]
            same = [row for row in rows if row["metric_name"] == metric]
            quiet = [row for row in same if row["outcome"] not in VERDICTS]
            who = _listed([_people(segment, r["segment_value"]) + _aside(r) for r in quiet])
            key = f"{section}.{segment}.{metric}.unclear"
            text = f"{metric}: no clear change for {who}."
            yield self.sentence(key, text, *map(self.effect, quiet))

    def how(self) -> Iterator[Sentence]:
        name, control = self.name, self.experiment["control_variant"]
        losers = self.people(win=False, lose=True)
        lines = {
            "ship": [f"Raise the share of {name} step by step, reading the guardrails each time."],
            "segment_aware_rollout": [
                f"Put {name} behind a flag that asks for {self.segment}, and show {control} where "
                "it is not known.",
                *([f"Look for something else for {losers}."] if losers else []),
            ],
            "roll_back": [f"Switch {name} off, and write down in analysis_notes what was learnt."],
            "invalid": ["Mend what failed, then run it again as a phase with a name of its own."],
        }.get(self.decision, [])
        for place, text in enumerate(lines, 1):
            yield self.sentence(f"how.{place}", text, self.decided())
        if not lines:
            for row in self.effects("all", "goal"):
                yield self.detectable(row)

    def detectable(self, effect: Row) -> Sentence:
        """How small a change of a goal would be found with as many people."""
        metric = effect["metric_name"]
        (row,) = self.results(metric_name=metric, method=effect["method"])
        text = f"{metric} has no result yet ({row['status']}): collect more people."
        if (least := row["mde_rel"]) is not None:
            text = (
                f"A change of {metric} by {_shown(abs(least), '')} is found four times in five with"
                " as many people; run it with more if less would matter."
            )
        evidence = _evidence("experiment_results", "mde_rel", row, self.grade, n=_both(row))
        return self.sentence(f"how.{metric}", text, evidence)

    def watch(self) -> Iterator[Sentence]:
        """What winners should keep after a rollout, and what else has changed."""
        if self.decision in ("ship", "segment_aware_rollout"):
            for value in self.values(win=True, lose=False):
                for row in self.goals(value, "win"):
                    yield self.kept(row)
        secondary = self.effects("all", "secondary")
        if self.segment != "all":
            own = self.effects(self.segment, "secondary")
            secondary += [row for row in own if row["outcome"] in VERDICTS]
        yield from self.changes("watch", secondary)
        if not secondary:
            text = "No metric is declared with the role secondary."
            yield self.sentence("watch.none", text, self.declared())

    def kept(self, row: Row) -> Sentence:
        """What a winner should keep; one of several values is flattered by chance, so shrunk."""
        column = "relative_change" if row["shrunk_change"] is None else "shrunk_change"
        metric, value = row["metric_name"], row["segment_value"]
        text = (
            f"Keep a small control group: {metric} for {_people(row['segment_name'], value)} "
            f"should stay {_range(row, column)} against it."
        )
        evidence = _effect(row, self.grade, column)
        return self.sentence(f"watch.{value}.{metric}.kept", text, evidence)

    def guardrails(self) -> Iterator[Sentence]:
        """Whether guardrails hold, and to whom the treatment should not be given."""
        guarded = self.results(role="guardrail", method="unadjusted")
        for row in guarded:
            yield self.guarded(row)
        if not guarded:
            text = "No metric is declared with the role guardrail."
            yield self.sentence("guardrails.none", text, self.declared())
        if self.segment == "all":
            return
        own = self.effects(self.segment, "guardrail")
        yield from self.changes("guardrails", [row for row in own if row["outcome"] == "lose"])
        for value in self.values(win=False, lose=True):
            losses = self.goals(value, "lose")
            said = _listed([f"{row['metric_name']} {_change(row)}" for row in losses])
            text = f"Keep {self.name} from {_people(self.segment, value)}: {said}."
            yield self.sentence(f"guardrails.{value}.avoid", text, *map(self.effect, losses))

    def guarded(self, row: Row) -> Sentence:
        """Whether one guardrail holds."""
        metric = row["metric_name"]
        (meant,) = [r for r in self.found["experiment_metrics"] if r["metric_name"] == metric]
        verdict = {True: "holds", False: "not shown to hold", None: "cannot be said yet"}
        worst = "" if row["ni_bound"] is None else f", at worst {_shown(row['ni_bound'])}"
        text = (
            f"{metric} must not {'fall' if meant['is_higher_better'] else 'rise'} by "
            f"{_shown(row['ni_margin'], '')} or more: {verdict[row['is_non_inferior']]}{worst}."
        )
        evidence = _evidence(
            "experiment_results", "ni_bound", row, self.grade, n=_both(row), p="ni_p_value"
        )
        return self.sentence(f"guardrails.{metric}", text, evidence)


def _sentence(key: str, text: str, *rows: Row) -> Sentence:
    return {"key": key, "text": " ".join(text.split()), "evidence": list(rows)}


def _evidence(
    mart: str,
    column: str,
    row: Row,
    grade: str | None = None,
    *,
    n: Row | None = None,
    low: str | None = None,
    high: str | None = None,
    p: str | None = None,
) -> Row:
    """What a sentence rests on: a column of a row, with the columns of its interval and p-value.

    A number that there is none of is null; so is the grade of what is no effect.
    """
    change = column if isinstance(row[column], float) and column != p else None
    percents = [_percent(row[name]) if name else None for name in (change, low, high)]
    return {
        "mart": mart,
        "column": column,
        "key": {name: row[name] for name in KEYS[mart]},
        "n": n,
        **dict(zip(("percent_change", "percent_low", "percent_high"), percents, strict=True)),
        "p_value": p and row[p],
        "evidence_grade": grade,
    }


def _effect(row: Row, grade: str, column: str = "relative_change") -> Row:
    """A row of experiment_segments, with the p-value that it is judged by."""
    judged_by = "p_value" if row["p_adj"] is None else "p_adj"
    return _evidence(
        "experiment_segments",
        column,
        row,
        grade,
        n=_both(row),
        low=f"{column}_low",
        high=f"{column}_high",
        p=judged_by if column == "relative_change" else None,
    )


def _both(row: Row) -> Row:
    return {"control": row["n_control"], "treatment": row["n_treatment"]}


def _health(row: Row) -> Row:
    n = None if row["whole_count"] is None else {"whole": row["whole_count"]}
    return _evidence("experiment_health", "verdict", row, n=n, p="p_value")


def _counted(row: Row) -> str:
    """What a check of health found: how many out of how many, and its p-value."""
    found, whole = row["observed_count"], row["whole_count"]
    counts = " of ".join(f"{count:,}" for count in (found, whole) if count is not None)
    chance = "" if row["p_value"] is None else f"p {_p(row['p_value'])}"
    said = ", ".join(part for part in (counts, chance) if part)
    return said and f" ({said})"


def _by_dimension(rows: Sequence[Row]) -> list[Row]:
    """The first row of each metric and segment."""
    first: dict[tuple[str, str], Row] = {}
    for row in rows:
        first.setdefault((row["metric_name"], row["segment_name"]), row)
    return list(first.values())


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _shown(share: float, sign: str = "+") -> str:
    return f"{_percent(share):{sign}.1f} %"


def _change(row: Row) -> str:
    """An effect with its interval, or the means where the control's is no base for a share."""
    if row["relative_change"] is None:
        return f"from {row['mean_control']:.4g} to {row['mean_treatment']:.4g}"
    size = f"{ARROWS[row['direction']]} {_shown(abs(row['relative_change']), '')}"
    return size if row["relative_change_low"] is None else f"{size} ({_range(row)})"


def _range(row: Row, column: str = "relative_change") -> str:
    low, high = row[f"{column}_low"], row[f"{column}_high"]
    return "without an interval" if low is None else f"{_shown(low)} to {_shown(high)}"


def _aside(row: Row) -> str:
    """What is known of a change that is not clear, or why nothing is."""
    if row["outcome"] == "flat":
        return f" ({_range(row)})"
    reason = "too few people" if row["status"] == "OK" else row["status"]
    return f" ({reason}: {row['n_control'] or 0:,} against {row['n_treatment'] or 0:,})"


def _people(segment: str, value: str) -> str:
    """Those who have a value; an intent is a noun, and several who plan are Planners."""
    if segment == "all":
        return "everybody"
    return f"{value}s" if segment == "intent" and value.isalpha() else f"{segment} {value}"


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"= {value:.4f}"


def _listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _period(start: date, end: date | None) -> str | None:
    """Its first and last day; None where it has no day."""
    if start == end:
        return None
    return f"{start} to {end - timedelta(days=1) if end else 'now'}"


def _note(row: Row) -> str:
    """A note, and as far as it has them its author and days."""
    last = row["end_date"] and row["end_date"] - timedelta(days=1)
    days = " to ".join(dict.fromkeys(str(day) for day in (row["start_date"], last) if day))
    aside = ", ".join(part for part in (row["author"], days) if part)
    return f"{_words(row['kind']).capitalize()}: {row['note']}" + (f" ({aside})" if aside else "")


def _cells(row: Row) -> list[str]:
    """A row of evidence as cells of a table of Markdown."""
    low, high = row["percent_low"], row["percent_high"]
    change = "" if row["percent_change"] is None else f"{row['percent_change']:+.1f} %"
    interval = "" if low is None else f"{low:+.1f} % to {high:+.1f} %"
    cells = [
        f"`{row['mart']}.{row['column']}` {', '.join(str(part) for part in row['key'].values())}",
        " / ".join(f"{count or 0:,}" for count in (row["n"] or {}).values()),
        f"{change} {interval and f'({interval})'}".strip(),
        "" if row["p_value"] is None else _p(row["p_value"]).removeprefix("= "),
        row["evidence_grade"] or "",
    ]
    return [cell.replace("|", "\\|") for cell in cells]
