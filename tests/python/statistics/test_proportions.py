"""Rates compared with the rest: published intervals, Holm by hand, and what cannot be compared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from headwater.statistics.proportions import compare_with_rest, holm

# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
NEWCOMBE = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((6, 7), (2, 7), (0.0582, 0.8062)),
    ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ((0, 10), (0, 20), (-0.1611, 0.2775)),
    ((10, 10), (0, 20), (0.6791, 1.0)),
]


def groups(*rows: tuple[str, int, int, int, int]) -> pa.Table:
    names = ("metric", "success_count", "unit_count", "rest_success_count", "rest_unit_count")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


@pytest.mark.parametrize(("mine", "others", "interval"), NEWCOMBE)
def test_the_interval_is_newcombes(
    mine: tuple[int, int], others: tuple[int, int], interval: tuple[float, float]
) -> None:
    (row,) = compare_with_rest(groups(("buy", *mine, *others)), ["metric"]).to_pylist()
    assert row["difference"] == pytest.approx(mine[0] / mine[1] - others[0] / others[1])
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(interval, abs=5e-5)


def test_both_are_what_statsmodels_computes_row_by_row() -> None:
    draw = np.random.default_rng(20250101)
    units, rest = draw.integers(1, 200, (2, 50))
    rows = [
        ("buy", int(draw.integers(0, n + 1)), int(n), int(draw.integers(0, m + 1)), int(m))
        for n, m in zip(units, rest, strict=True)
    ]
    for row, (_, *counts) in zip(
        compare_with_rest(groups(*rows), ["metric"]).to_pylist(), rows, strict=True
    ):
        interval = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
        assert (row["difference_low"], row["difference_high"]) == pytest.approx(interval)
        p_value = proportions_ztest(counts[::2], counts[1::2])[1]
        assert np.isnan(p_value) or row["p_value"] == pytest.approx(p_value)


def test_the_p_value_is_that_of_a_chi_square_test() -> None:
    """30 of 100 against 45 of 100: chi-square 4.8 with one degree of freedom."""
    (row,) = compare_with_rest(groups(("buy", 30, 100, 45, 100)), ["metric"]).to_pylist()
    assert row["p_value"] == pytest.approx(0.028459736916310)
    assert row["p_value_adjusted"] == row["p_value"]


def test_holm_multiplies_by_how_many_are_left_and_never_falls() -> None:
    family = pa.table({"metric": ["a", "a", "a", "a", "b", "b"]})
    adjusted = holm(np.array([0.01, 0.04, 0.03, 0.005, 0.04, np.nan]), family)
    assert adjusted[:5] == pytest.approx([0.03, 0.06, 0.06, 0.02, 0.04])
    assert np.isnan(adjusted[5])


def test_holm_is_that_of_statsmodels() -> None:
    p_values = np.random.default_rng(1).random(40).round(1)
    family = pa.table({"metric": ["a"] * 40})
    assert holm(p_values, family) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_nothing_is_said_of_a_group_without_a_rest() -> None:
    compared = compare_with_rest(groups(("buy", 5, 10, 0, 0), ("buy", 3, 10, 2, 10)), ["metric"])
    alone, other = compared.to_pylist()
    assert [alone[name] for name in compared.column_names[5:]] == [None] * 5
    assert other["p_value_adjusted"] == other["p_value"]


def test_where_all_convert_nothing_differs() -> None:
    (row,) = compare_with_rest(groups(("buy", 5, 5, 10, 10)), ["metric"]).to_pylist()
    assert (row["difference"], row["p_value"]) == (0, 1)


def test_no_groups_are_no_error() -> None:
    empty = groups(("buy", 1, 1, 1, 1)).slice(0, 0)
    assert compare_with_rest(empty, ["metric"]).num_rows == 0


def test_more_successes_than_units_are_refused() -> None:
    with pytest.raises(ValueError, match="outside 0 and its count of units"):
        compare_with_rest(groups(("buy", 6, 5, 1, 2)), ["metric"])
