"""Whether experiments that run at the same time disturb each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from headwater.statistics.experiments.columns import as_frame, counts, keys_of, numbers, texts
from headwater.statistics.experiments.comparison import compare_variants
from headwater.statistics.experiments.families import adjusted
from headwater.statistics.experiments.segments import interactions

OF_METRIC = ("experiment_id", "metric_id")
DIMENSION = (*OF_METRIC, "treatment", "segment_name")
CELL = (*DIMENSION, "segment_value")
ARMS = ("n_control", "n_treatment")
OF_BOTH = ("status", "diff", *ARMS)
FOUND = ("difference", "se", "df", "t_stat", "p_value", "ci_low", "ci_high")


def crossed_effects(statistics: pd.DataFrame, controls: Mapping[str, str]) -> pd.DataFrame:
    """What a treatment does beside a treatment of another experiment, less what beside its control.

    Args:
        statistics: as `compare_variants` reads them, of the persons in both: segment_name is the
            other experiment, segment_value its variant.
        controls: the control of each experiment by its name.

    Returns:
        A row per experiment_id, metric_id, treatment, segment_name and segment_value that is not
        the other experiment's control: `status`, OK or the first reason why one of the two effects
        has no estimate; `n` units of the four groups; `reference_diff` and `diff`, the effects
        beside control and treatment; `difference`, its error, test and interval of 1 - `alpha`, as
        of `interactions`; `q_value`, its p-value corrected for all rows, `family_size` of them.
        Both effects are adjusted by the time before where that was possible. What has no estimate
        is null.

    Raises:
        ValueError: as `compare_variants`.

    Source: as `interactions`; Benjamini and Hochberg (1995), JRSS B 57.
    """
    compared = compare_variants(statistics)
    cells = compared[texts(compared, "method") == "cuped"]
    is_reference = texts(cells, "segment_value") == cells["segment_name"].map(controls).to_numpy()
    references = cells[is_reference][[*DIMENSION, *OF_BOTH]]
    rows = cells[~is_reference][[*CELL, *OF_BOTH]]
    rows = rows.merge(references, "left", [*DIMENSION], suffixes=("", "_of_reference"))
    alphas = statistics[[*OF_METRIC, "alpha"]].drop_duplicates(list(OF_METRIC))
    alpha = numbers(cells[[*OF_METRIC]].merge(alphas, "left", [*OF_METRIC]), "alpha")
    found = interactions(cells, controls, alpha)
    rows = rows.merge(found[[*CELL, *FOUND]], "left", [*CELL])
    n = [numbers(rows, f"{arm}{of}") for arm in ARMS for of in ("", "_of_reference")]
    p_values = numbers(rows, "p_value")
    q_values, size = adjusted(
        p_values, np.zeros(len(rows), dtype=np.int64), np.full(len(rows), "bh", dtype=object)
    )
    status, of_reference = texts(rows, "status"), texts(rows, "status_of_reference")
    return as_frame(
        keys_of(rows, CELL, np.arange(len(rows)))
        | {
            "status": np.where(status == "OK", of_reference, status),
            "n": counts(np.sum(n, axis=0)),
            "reference_diff": numbers(rows, "diff_of_reference"),
            "diff": numbers(rows, "diff"),
        }
        | {name: numbers(rows, name) for name in FOUND}
        | {"q_value": q_values, "family_size": counts(size)}
    )
