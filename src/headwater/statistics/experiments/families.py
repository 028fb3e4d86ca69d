"""p-values of one family of hypotheses, adjusted for how many there are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.stats import false_discovery_control

from headwater.statistics.experiments.columns import Floats, Integers, Texts
from headwater.statistics.proportions import holm

METHODS = ("holm", "bh", "none")


def adjusted(p_values: Floats, family: Integers, method: Texts) -> tuple[Floats, Floats]:
    """Adjusted p-values and the size of each row's family.

    Args:
        p_values: in [0, 1], NaN for what is no hypothesis; shape (rows,).
        family: number of each row's family; shape (rows,).
        method: holm (Holm 1979, of the chance of any false discovery), bh (Benjamini and Hochberg
            1995, of the share of false discoveries) or none; one per family; shape (rows,).

    Returns:
        Both of shape (rows,) and NaN where the p-value is.

    Raises:
        ValueError: a method of a hypothesis is another.
    """
    is_tested = ~np.isnan(p_values)
    unknown = sorted({str(one) for one in method[is_tested]} - set(METHODS))
    if unknown:
        raise ValueError(f"mt_method must be one of {', '.join(METHODS)}, got {unknown[0]}")
    sizes = np.bincount(family[is_tested], minlength=family.max(initial=-1) + 1)
    stepped = np.where(is_tested & (method == "holm"), p_values, np.nan)
    result = holm(stepped, pa.table({"family": family}))
    result[method == "none"] = p_values[method == "none"]
    by_share = np.flatnonzero(is_tested & (method == "bh"))
    for number in np.unique(family[by_share]):
        rows = by_share[family[by_share] == number]
        result[rows] = false_discovery_control(p_values[rows])
    return result, np.where(is_tested, sizes[family], np.nan)
