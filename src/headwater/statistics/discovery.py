"""Which few attributes separate those who convert from the others, checked on held-out people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import chi2
from sklearn.tree import DecisionTreeClassifier
from statsmodels.stats.proportion import proportion_confint

from headwater.statistics.proportions import SIGNIFICANCE, compare_with_rest

LARGEST_TREE = 6  # groups of one outcome
SMALLEST_SHARE = 0.02  # of the people searched, in a group
COUNTS = ("outcome_name", "is_held_out", "unit_count", "success_count")

SCHEMA = pa.schema(
    [
        ("outcome_name", pa.string()),
        ("rule", pa.string()),
        ("attribute_count", pa.int64()),
        ("found_unit_count", pa.int64()),
        ("found_rate", pa.float64()),
        ("found_difference", pa.float64()),
        ("unit_count", pa.int64()),
        ("success_count", pa.int64()),
        ("rest_unit_count", pa.int64()),
        ("rest_success_count", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Condition:
    """One attribute has a value, or has not."""

    attribute: str
    value: str
    holds: bool

    def __str__(self) -> str:
        return f"{self.attribute} {'=' if self.holds else '!='} {self.value}"

    def of(self, people: pa.Table) -> npt.NDArray[np.bool_]:
        """For which rows it is met; shape (rows,)."""
        has_it = np.array(people[self.attribute].to_pylist(), dtype=object) == self.value
        return np.asarray(has_it == self.holds)


def discover(counts: pa.Table) -> pa.Table:
    """Groups that differ in an outcome, and whether they still do among held-out people.

    `counts` has a row per outcome, combination of attributes and side: `outcome_name`,
    `is_held_out`, `unit_count` and `success_count` (units), and one text column per attribute. A
    decision tree (scikit-learn) of at most `LARGEST_TREE` leaves is grown over the people who are
    not held out, each leaf at least `SMALLEST_SHARE` of them; a branch stays if its splits gain
    more likelihood than chance gives the best of all splits in one case of twenty. Every leaf
    becomes a row: its rule, how many people it was found in, and, counted in the held-out people
    alone, its units and successes, its Wilson interval, the difference from all others with
    Newcombe's interval, and a p-value adjusted by Holm over the leaves of the outcome.
    `is_confirmed` where that is below `SIGNIFICANCE` and the difference has the sign it was found
    with. An outcome that no attribute separates has no rows.
    """
    attributes = [name for name in counts.column_names if name not in COUNTS]
    counts = counts.sort_by([(name, "ascending") for name in (*attributes, "is_held_out")])
    rows = []
    for outcome in sorted(set(counts["outcome_name"].to_pylist())):
        of_outcome = counts.filter(pc.equal(counts["outcome_name"], outcome))
        is_held_out = of_outcome["is_held_out"]
        found_in = of_outcome.filter(pc.invert(is_held_out))
        held_out = of_outcome.filter(is_held_out)
        rows += [
            {"outcome_name": outcome, **_described(rule, found_in, held_out)}
            for rule in _leaves(found_in, attributes)
        ]
    groups = pa.Table.from_pylist(rows, SCHEMA)
    return _judged(compare_with_rest(groups, ["outcome_name"]))


def _leaves(people: pa.Table, attributes: list[str]) -> list[list[Condition]]:
    """The rule of each leaf of a tree; none where the tree has but its root."""
    units, successes = (people[name].to_numpy() for name in ("unit_count", "success_count"))
    tests = _tests(people, attributes, units)
    if not tests or successes.sum() in (0, units.sum()):
        return []
    features = np.column_stack([test.of(people) for test in tests]).astype(np.float32)
    tree = DecisionTreeClassifier(
        criterion="log_loss",
        max_leaf_nodes=LARGEST_TREE,
        min_weight_fraction_leaf=SMALLEST_SHARE,
        ccp_alpha=chi2.isf(SIGNIFICANCE / len(tests), 1) / (2 * np.log(2) * units.sum()),
        random_state=0,
    ).fit(
        np.vstack([features, features]),
        np.repeat([1, 0], len(units)),
        sample_weight=np.concatenate([successes, units - successes]),
    )
    return _rules(tree, tests)


def _tests(
    people: pa.Table, attributes: list[str], units: npt.NDArray[np.int64]
) -> list[Condition]:
    """A question for each value that enough people have, the same in every run."""
    least = SMALLEST_SHARE * units.sum()
    tests = (
        Condition(attribute, value, holds=True)
        for attribute in attributes
        for value in sorted(set(people[attribute].to_pylist()) - {None})
    )
    return [test for test in tests if units[test.of(people)].sum() >= least]


def _rules(tree: DecisionTreeClassifier, tests: list[Condition]) -> list[list[Condition]]:
    grown = tree.tree_
    rules = []
    open_nodes: list[tuple[int, list[Condition]]] = [(0, [])]
    while open_nodes:
        node, rule = open_nodes.pop(0)
        if grown.children_left[node] == grown.children_right[node]:
            rules.append(rule)
            continue
        test = tests[grown.feature[node]]
        unlike = Condition(test.attribute, test.value, holds=False)
        open_nodes.append((grown.children_left[node], [*rule, unlike]))
        open_nodes.append((grown.children_right[node], [*rule, test]))
    return [_shortened(rule) for rule in rules if rule]


def _shortened(rule: list[Condition]) -> list[Condition]:
    """Without the values that an attribute has not, where the rule says which it has."""
    known = {condition.attribute for condition in rule if condition.holds}
    return [test for test in rule if test.holds or test.attribute not in known]


def _described(rule: list[Condition], found_in: pa.Table, held_out: pa.Table) -> dict[str, object]:
    found_units, found_successes, found_rest_units, found_rest_successes = _counted(rule, found_in)
    units, successes, rest_units, rest_successes = _counted(rule, held_out)
    found_rate = found_successes / found_units
    return {
        "rule": " and ".join(str(condition) for condition in rule),
        "attribute_count": len({condition.attribute for condition in rule}),
        "found_unit_count": found_units,
        "found_rate": found_rate,
        "found_difference": found_rate - found_rest_successes / found_rest_units,
        "unit_count": units,
        "success_count": successes,
        "rest_unit_count": rest_units,
        "rest_success_count": rest_successes,
    }


def _counted(rule: list[Condition], people: pa.Table) -> tuple[int, int, int, int]:
    """Units and successes of those who meet a rule, then of those who do not."""
    is_met = np.logical_and.reduce([condition.of(people) for condition in rule])
    units, successes = (people[name].to_numpy() for name in ("unit_count", "success_count"))
    return (
        int(units[is_met].sum()),
        int(successes[is_met].sum()),
        int(units[~is_met].sum()),
        int(successes[~is_met].sum()),
    )


def _judged(groups: pa.Table) -> pa.Table:
    units, successes, difference, found_difference, adjusted = (
        groups[name].to_numpy().astype(np.float64)
        for name in (
            "unit_count",
            "success_count",
            "difference",
            "found_difference",
            "p_value_adjusted",
        )
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = proportion_confint(successes, units, method="wilson")
        rates = {"rate": successes / units, "rate_low": low, "rate_high": high}
    for name, values in rates.items():
        groups = groups.append_column(name, pa.array(values, mask=np.isnan(values)))
    is_confirmed = (adjusted < SIGNIFICANCE) & (difference * found_difference > 0)
    return groups.append_column("is_confirmed", pa.array(is_confirmed))
