"""Whether units fell on the variants as the weights say they should."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import gammaln, xlogy
from scipy.stats import chi2

from headwater.statistics.experiments.columns import (
    Flags,
    Floats,
    Integers,
    as_frame,
    counts,
    groups,
    keys_of,
    numbers,
    require,
    total,
)

KEYS = ("experiment_id", "segment_name", "segment_value")
FEWEST_EXPECTED = 5  # units of the smallest variant, for the chi-square distribution to hold


def sample_ratio(arms: pd.DataFrame, keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """Test the split of units, once and for every look at it.

    Args:
        arms: a row per `keys` and variant, those without units included: `n` units, `weight` (any
            scale, 0 or more), and `srm_alpha`, below which p-value the split is wrong.
        keys: whose units are split.

    Returns:
        A row per `keys`: n_units (of variants with weight), `chi2`, `df`, `p_value`,
        `min_expected`, `seq_p_value`, `units_in_zero_weight_arms` and `status`: INVALID_WEIGHTS (a
        weight is missing or negative, or fewer than two are above 0), NO_UNITS, LOW_COUNTS (fewer
        than 5 expected of a variant; the numbers stay), SRM_DETECTED (p_value < srm_alpha) or OK.
        The sequential p-value holds whenever one looks: the inverse of the Bayes factor of a
        Dirichlet prior with K * weight, at most 1.

    Raises:
        ValueError: a column is missing.

    Source: Pearson's chi-square; sequential: Lindon and Malek (2022), Anytime-valid inference for
    multinomial count data, NeurIPS.
    """
    require(arms, [*keys, "n", "weight", "srm_alpha"])
    number, first = groups(arms, keys)
    n, weight = np.nan_to_num(numbers(arms, "n")), numbers(arms, "weight")
    has_weight = weight > 0
    arm_count = total(has_weight, number, len(first))
    is_wrong = ~np.isfinite(weight) | (weight < 0)
    is_valid = (total(is_wrong, number, len(first)) == 0) & (arm_count >= 2)
    units = total(np.where(has_weight, n, 0), number, len(first))
    is_tested = is_valid & (units > 0)
    with np.errstate(all="ignore"):
        share = _shares(np.where(has_weight, weight, 0), number, len(first))
        expected = share * units[number]
        misses = np.where(has_weight, (n - expected) ** 2 / expected, 0)
        statistic = np.where(is_tested, total(misses, number, len(first)), np.nan)
        least = np.full(len(first), np.inf)
        np.minimum.at(least, number[has_weight], expected[has_weight])
        sequential = _sequential_p_value(n, share, has_weight, number, arm_count)
    p_value = chi2.sf(statistic, np.where(is_valid, arm_count - 1, np.nan))
    status = np.select(
        [
            ~is_valid,
            units == 0,
            least < FEWEST_EXPECTED,
            p_value < numbers(arms, "srm_alpha")[first],
        ],
        ["INVALID_WEIGHTS", "NO_UNITS", "LOW_COUNTS", "SRM_DETECTED"],
        "OK",
    )
    tested = {"min_expected": least, "seq_p_value": sequential}
    return as_frame(
        keys_of(arms, keys, first)
        | {
            "n_units": counts(units),
            "chi2": statistic,
            "df": counts(np.where(is_valid, arm_count - 1, np.nan)),
            "p_value": np.where(is_tested, p_value, np.nan),
            **{name: np.where(is_tested, values, np.nan) for name, values in tested.items()},
            "units_in_zero_weight_arms": counts(
                total(np.where(weight == 0, n, 0), number, len(first))
            ),
            "status": status.astype(object),
        }
    )


def _shares(weight: Floats, number: Integers, count: int) -> Floats:
    return weight / total(weight, number, count)[number]


def _sequential_p_value(
    n: Floats, share: Floats, has_weight: Flags, number: Integers, arm_count: Floats
) -> Floats:
    """By the Dirichlet-multinomial's probability of the counts, and that of the weights."""
    count = len(arm_count)
    prior = arm_count[number] * share
    gained = np.where(has_weight, gammaln(prior + n) - gammaln(prior) - xlogy(n, share), 0)
    units = total(np.where(has_weight, n, 0), number, count)
    log_factor = total(gained, number, count) + gammaln(arm_count) - gammaln(arm_count + units)
    return np.asarray(np.exp(-np.maximum(log_factor, 0)))
