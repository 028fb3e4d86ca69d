"""Intervals and p-values that hold however often one looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from headwater.statistics.experiments.columns import Floats, as_frame, numbers, require


class Sequential(NamedTuple):
    """Half width of the interval, in units of the standard error's metric, and the p-value."""

    half_width: Floats
    p_value: Floats


def asymptotic_sequence(
    standard_error: Floats, t_statistic: Floats, n: Floats, alpha: Floats, tuning: Floats
) -> Sequential:
    """The asymptotic confidence sequence by a normal mixture.

    Args:
        standard_error: of the estimate, above 0; shape (rows,).
        t_statistic: estimate by standard error; shape (rows,).
        n: units of both arms; shape (rows,).
        alpha: in (0, 1); shape (rows,).
        tuning: units at which the sequence is tightest, frozen when the experiment starts.

    Returns:
        NaN where an argument is.

    Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021), Time-uniform central limit
    theory and asymptotic confidence sequences, equations 9, 155 and 161.
    """
    log_alpha = np.log(alpha)
    mixture = (-2 * log_alpha + np.log(1 - 2 * log_alpha)) / tuning
    growth = n * mixture + 1
    boundary = 2 * growth * (np.log(growth) / 2 - log_alpha) / (n**2 * mixture)
    exponent = n * mixture * t_statistic**2 / (2 * growth) - np.log(growth) / 2
    return Sequential(
        half_width=standard_error * np.sqrt(n * boundary),
        p_value=np.exp(-np.maximum(exponent, 0)),
    )


def running_minimum(
    readouts: pd.DataFrame, keys: Sequence[str], order: str, value: str = "seq_p_value"
) -> pd.DataFrame:
    """The smallest p-value until each look, which is what may be acted upon.

    Args:
        readouts: a row per look, with `keys`, the time of the look `order`, and `value`, null where
            nothing could be said.
        keys: what makes a comparison.
        order: column that sorts the looks of one comparison.
        value: column of p-values.

    Returns:
        The rows in the order they came, with `<value>_min`; a look without a value keeps the
        minimum until then, null before the first value.

    Raises:
        ValueError: a column is missing.
    """
    require(readouts, [*keys, order, value])
    rows = pd.DataFrame({"value": numbers(readouts, value)}).assign(
        **{f"key_{place}": readouts[key].array for place, key in enumerate(keys)},
        order=readouts[order].array,
    )
    own = [f"key_{place}" for place in range(len(keys))]
    looks = rows.sort_values("order", kind="stable")
    looks["value"] = looks["value"].fillna(np.inf)
    smallest = looks.groupby(own, dropna=False, sort=False)["value"].cummin()
    added = as_frame({f"{value}_min": smallest.reindex(rows.index).to_numpy(dtype=np.float64)})
    return readouts.assign(**{f"{value}_min": added[f"{value}_min"].array})
