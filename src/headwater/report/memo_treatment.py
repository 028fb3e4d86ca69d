"""What the memo of an experiment says of one treatment, sentence by sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from headwater.report.memo_words import (
    Row,
    Sentence,
    aside_of,
    both_counts,
    by_dimension,
    change_of,
    effect_of,
    evidence_of,
    health_of,
    listed,
    p_text,
    people_of,
    percent_of,
    range_of,
    sentence_of,
    shown,
    spaced,
)

# From what gives most to what gives least: the memo of several treatments begins with the best.
RECOMMENDATIONS = {
    "ship": "Ship",
    "segment_aware_rollout": "Segment-aware rollout",
    "keep_running": "Keep running",
    "roll_back": "Roll back",
    "invalid": "Do not decide by it",
}
VERDICTS = {"win": "a win", "lose": "a loss"}


@dataclass(frozen=True)
class Treatment:
    """What is said of one treatment: `row` is its decision."""

    experiment: Row
    row: Row
    found: dict[str, list[Row]]

    @cached_property
    def name(self) -> str:
        """The variant."""
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
        return listed([people_of(self.segment, one) for one in self.values(win=win, lose=lose)])

    def told(self) -> dict[str, Any]:
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

    def impacts(self) -> dict[str, Any]:
        """What happened to each metric, by value of the segment."""
        impacts: dict[str, Any] = {}
        for role in ("goal", "secondary", "guardrail"):
            for row in self.effects(self.segment, role):
                if row["direction"] is not None:
                    impacts.setdefault(row["segment_value"], {})[row["metric_name"]] = {
                        "direction": row["direction"],
                        "percent_change": percent_of(row["relative_change"]),
                        "percent_low": percent_of(row["relative_change_low"]),
                        "percent_high": percent_of(row["relative_change_high"]),
                        "n_control": row["n_control"],
                        "n_treatment": row["n_treatment"],
                        "role": role,
                        "outcome": row["outcome"],
                    }
        return impacts

    def assessment(self) -> str:
        """Who wins and who loses, on one line."""
        if failed := self.failed():
            return f"Invalid - {listed([spaced(row['check_name']) for row in failed])} failed"
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
        """Checks of health by which nothing may be decided."""
        return [row for row in self.found["experiment_health"] if row["verdict"] == "fail"]

    def sentence(self, key: str, text: str, *rows: Row) -> Sentence:
        """A sentence about this treatment."""
        return sentence_of(f"{self.name}.{key}", text, *rows)

    def decided(self) -> Row:
        """The evidence for what follows from the decision."""
        return evidence_of("experiment_decisions", "decision", self.row, self.grade)

    def effect(self, row: Row) -> Row:
        """The evidence for an effect."""
        return effect_of(row, self.grade)

    def declared(self) -> Row:
        """The evidence for which metrics there are."""
        return evidence_of("experiments", "metric_count", self.experiment)

    def what(self) -> Iterator[Sentence]:
        """What to do."""
        name, control = self.name, self.experiment["control_variant"]
        winners, torn = self.people(win=True, lose=False), self.people(win=True, lose=True)
        text = {
            "ship": f"Give {name} to everybody.",
            "segment_aware_rollout": (
                f"Give {name} to {winners}, and {control} to all others."
                if winners
                else f"Choose which goal counts more for {torn}: one wins there, another loses."
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
            names = listed([row["treatment"] for row in rivals])
            text = f"{names} could each be: they are compared with {control}, not with each other."
            rows = [evidence_of("experiment_decisions", "decision", r, self.grade) for r in rivals]
            yield self.sentence("what.rivals", text, *rows)

    def why(self) -> Iterator[Sentence]:
        """What the goals say, over everybody and by the segment that counts."""
        if failed := self.failed():
            text = "What follows are raw differences, not what the treatment does."
            yield self.sentence("why.raw", text, *map(health_of, failed))
        yield from self.changes("why", self.effects("all", "goal"))
        if self.segment != "all":
            own = self.effects(self.segment, "goal")
            text = "If {} made no difference, its values would be as different with {}."
            yield self.apart(text, own)
            yield from self.changes("why", own)
        goals = [row for row in self.found["experiment_segments"] if row["role"] == "goal"]
        looked_at = [row for row in goals if row["interaction_p_value"] is not None]
        goals = [row for row in goals if row["treatment"] == self.name]
        if self.segment == "all" and (own := [row for row in looked_at if row in goals]):
            keys = ("treatment", "metric_name", "segment_name")
            count = len({tuple(row[key] for key in keys) for row in looked_at})
            text = f"No segment calls for a rollout of its own; with {count} looked at, most"
            least = min(own, key=lambda row: row["interaction_p_value"])
            yield self.apart(text + " different is {}, {}.", [least])
        for row in by_dimension([row for row in goals if row["is_simpson"]]):
            text = (
                f"Every value of {row['segment_name']} says the opposite of the whole about "
                f"{row['metric_name']}: do not trust the whole."
            )
            key = f"why.{row['segment_name']}.{row['metric_name']}.simpson"
            yield self.sentence(key, text, self.tested(row))
        for row in self.found["experiment_interactions"]:
            if row["treatment"] == self.name and row["is_interaction"]:
                yield self.crossed(row)

    def crossed(self, row: Row) -> Sentence:
        """That another experiment changes what the treatment does."""
        metric, other = row["metric_name"], row["other_experiment_name"]
        treatment = row["other_treatment"]
        beside_control, beside_treatment = row["diff_beside_control"], row["diff_beside_treatment"]
        text = (
            f"{other} changes it: {metric} by {beside_control:+.4g} beside its control, and by "
            f"{beside_treatment:+.4g} beside its {treatment}: decide them as one."
        )
        grade = "raw" if row["is_assignment_dependent"] else self.grade
        n = {"both": row["person_count"]}
        evidence = evidence_of("experiment_interactions", "status", row, grade, n=n, p="p_value")
        return self.sentence(f"why.{other}.{treatment}.{metric}.crossed", text, evidence)

    def tested(self, row: Row) -> Row:
        """The evidence for what is said of all values of a segment: the row it was read from."""
        p = "interaction_p_value"
        return evidence_of("experiment_segments", p, row, self.grade, p=p)

    def apart(self, text: str, rows: Sequence[Row]) -> Sentence:
        """How likely it is that the treatment does the same to every value of a segment."""
        tested = [row for row in rows if row["interaction_p_value"] is not None]
        # Values with few people are not adjusted, and have another p-value: that of the decision is
        # the least.
        rows = by_dimension(sorted(tested, key=lambda row: float(row["interaction_p_value"])))
        segment = rows[0]["segment_name"]
        said = [f"p {p_text(row['interaction_p_value'])} ({row['metric_name']})" for row in rows]
        key = f"why.{segment}.apart"
        return self.sentence(key, text.format(segment, listed(said)), *map(self.tested, rows))

    def changes(self, section: str, rows: Sequence[Row]) -> Iterator[Sentence]:
        """A sentence for each clear effect, and for each metric one about all that are not."""
        for row in rows:
            if verdict := VERDICTS.get(row["outcome"]):
                who = people_of(row["segment_name"], row["segment_value"])
                verdict = verdict if self.grade == "experiment" else "a raw difference"
                key = f"{section}.{row['segment_value']}.{row['metric_name']}"
                text = f"{row['metric_name']} {change_of(row)} for {who}: {verdict}."
                yield self.sentence(key, text, self.effect(row))
        for one in by_dimension([row for row in rows if row["outcome"] not in VERDICTS]):
            metric, segment = one["metric_name"], one["segment_name"]
            same = [row for row in rows if row["metric_name"] == metric]
            quiet = [row for row in same if row["outcome"] not in VERDICTS]
            who = listed([people_of(segment, r["segment_value"]) + aside_of(r) for r in quiet])
            key = f"{section}.{segment}.{metric}.unclear"
            text = f"{metric}: no clear change for {who}."
            yield self.sentence(key, text, *map(self.effect, quiet))

    def how(self) -> Iterator[Sentence]:
        """The steps, or how much more data a decision needs."""
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
                f"A change of {metric} by {shown(abs(least), '')} is found four times in five with"
                " as many people; run it with more if less would matter."
            )
        evidence = evidence_of("experiment_results", "mde_rel", row, self.grade, n=both_counts(row))
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
        for row in self.effects("all", "guardrail"):
            yield from self.unexpected(row)
        if not secondary:
            text = "No metric is declared with the role secondary."
            yield self.sentence("watch.none", text, self.declared())

    def unexpected(self, effect: Row) -> Iterator[Sentence]:
        """That a guardrail moved, which it need not do to hold or to fail."""
        metric = effect["metric_name"]
        for row in self.results(metric_name=metric, method=effect["method"], is_unexpected=True):
            text = (
                f"{metric}, a guardrail, {change_of(effect)}: nobody asked for it, and at most "
                f"{percent_of(self.experiment['alpha']):.3g} % of such finds are chance."
            )
            evidence = evidence_of(
                "experiment_results",
                "is_unexpected",
                row,
                self.grade,
                n=both_counts(row),
                p="p_value",
            )
            yield self.sentence(f"watch.{metric}.unexpected", text, evidence)

    def kept(self, row: Row) -> Sentence:
        """What a winner should keep; one of several values is flattered by chance, so shrunk."""
        column = "relative_change" if row["shrunk_change"] is None else "shrunk_change"
        metric, value = row["metric_name"], row["segment_value"]
        text = (
            f"Keep a small control group: {metric} for {people_of(row['segment_name'], value)} "
            f"should stay {range_of(row, column)} against it."
        )
        evidence = effect_of(row, self.grade, column)
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
            said = listed([f"{row['metric_name']} {change_of(row)}" for row in losses])
            text = f"Keep {self.name} from {people_of(self.segment, value)}: {said}."
            yield self.sentence(f"guardrails.{value}.avoid", text, *map(self.effect, losses))

    def guarded(self, row: Row) -> Sentence:
        """Whether one guardrail holds."""
        metric = row["metric_name"]
        (meant,) = [r for r in self.found["experiment_metrics"] if r["metric_name"] == metric]
        verdict = {True: "holds", False: "not shown to hold", None: "cannot be said yet"}
        worst = "" if row["ni_bound"] is None else f", at worst {shown(row['ni_bound'])}"
        text = (
            f"{metric} must not {'fall' if meant['is_higher_better'] else 'rise'} by "
            f"{shown(meant['margin'], '')} or more: {verdict[row['is_non_inferior']]}{worst}."
        )
        evidence = evidence_of(
            "experiment_results", "ni_bound", row, self.grade, n=both_counts(row), p="ni_p_value"
        )
        return self.sentence(f"guardrails.{metric}", text, evidence)
