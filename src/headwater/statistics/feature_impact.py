"""What features are worth: adopters beside comparable others, for each feature and outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.statistics.causal import (
    Booleans,
    Difference,
    Effect,
    Floats,
    Limits,
    compare,
)

Keys = np.ndarray[Any, np.dtype[np.int64]]

# of the persons, for a value of a text, or the use of a feature, to be a covariate of its own
SMALLEST_SHARE = 0.02
REASONS = {"too_few_treated": "too_few_adopters", "too_few_untreated": "too_few_others"}

SCHEMA = pa.schema(
    [
        ("feature_name", pa.string()),
        ("outcome_name", pa.string()),
        ("evidence_grade", pa.string()),
        ("not_adjusted_because", pa.string()),
        *(
            (f"{name}_count", pa.int64())
            for name in (
                "person",
                "unavailable",
                "used_before",
                "immature",
                "not_at_risk",
                "adopter",
                "other",
                "trimmed",
            )
        ),
        *(
            (name, pa.float64())
            for name in (
                "effective_adopter_count",
                "effective_other_count",
                "imbalance_before",
                "imbalance_after",
                "adopter_mean",
                "other_mean",
                "raw_difference",
                "raw_low",
                "raw_high",
                "adjusted_difference",
                "adjusted_low",
                "adjusted_high",
            )
        ),
    ]
)


def feature_impact(
    persons: pa.Table,
    uses: pa.Table,
    *,
    features: Sequence[str],
    outcomes: Sequence[str],
    limits: Limits,
) -> pa.Table:
    """Compare adopters of each feature with others, for each outcome; rows as in `SCHEMA`.

    Args:
        persons: a row per person with `person_key`, `is_mature`, the outcomes, and covariates of
            the time before adoption: every column whose name begins with `before_`, numbers of 0 or
            more (compared on the scale of 1 + log, and as none or some) or texts. A null outcome is
            of somebody who could not have it any more.
        uses: a row per person and feature that is not simply unused, with `person_key`,
            `feature_name`, `use_state`: unavailable (the feature came too late), before (used
            before the adoption window), or adopted (in it); and `before_use_count`, the uses before
            that window, which are a covariate for each feature that enough persons had used.
        features: whom to report, each with every outcome.
        outcomes: columns of `persons`, booleans or numbers.
        limits: when an adjusted difference is not given.

    Returns:
        Counts that add up to `person_count`, both means, both differences with intervals, and the
        checks. `evidence_grade` is adjusted, raw where `not_adjusted_because` says why, or none.
    """
    persons = persons.sort_by("person_key")
    known = persons["person_key"].to_numpy()
    covariates = np.hstack([_covariates(persons), _uses_before(known, uses)])
    rows = []
    for feature in features:
        of_feature = uses.filter(pc.equal(uses["feature_name"], feature))
        state = np.full(len(known), "unused", dtype=object)
        place = np.searchsorted(known, of_feature["person_key"].to_numpy())
        state[place] = of_feature["use_state"].to_numpy(zero_copy_only=False)
        for outcome in outcomes:
            row = _compared(persons, covariates, state, outcome, limits)
            rows.append({"feature_name": feature, "outcome_name": outcome, **row})
    return pa.Table.from_pylist(rows, SCHEMA)


def _compared(
    persons: pa.Table,
    covariates: Floats,
    state: np.ndarray[Any, np.dtype[np.object_]],
    outcome: str,
    limits: Limits,
) -> dict[str, object]:
    """One row: who is left out and why, and the effect among the others."""
    values = pc.cast(persons[outcome], pa.float64()).to_numpy()
    is_mature = persons["is_mature"].to_numpy()
    open_to_them = np.isin(state, ("unused", "adopted"))
    mature = open_to_them & is_mature
    compared = mature & ~np.isnan(values)
    adopted, chosen = state[compared] == "adopted", values[compared]
    # the folds are drawn alike in every build
    effect = compare(covariates[compared], adopted, chosen, limits, np.random.default_rng(0))
    return {
        "person_count": len(state),
        "unavailable_count": int((state == "unavailable").sum()),
        "used_before_count": int((state == "before").sum()),
        "immature_count": int((open_to_them & ~is_mature).sum()),
        "not_at_risk_count": int((mature & ~compared).sum()),
        "adopter_count": int(adopted.sum()),
        "other_count": int((~adopted).sum()),
        "adopter_mean": _mean(chosen, adopted),
        "other_mean": _mean(chosen, ~adopted),
        **_judged(effect),
    }


def _judged(effect: Effect) -> dict[str, object]:
    grade = "adjusted" if effect.adjusted else "raw" if effect.raw else "none"
    reason = None if effect.reason is None else REASONS.get(effect.reason, effect.reason)
    row: dict[str, object] = {"evidence_grade": grade, "not_adjusted_because": reason}
    if overlap := effect.overlap:
        row |= {
            "trimmed_count": overlap.trimmed_count,
            "effective_adopter_count": overlap.effective_treated,
            "effective_other_count": overlap.effective_untreated,
            "imbalance_before": overlap.imbalance_before,
            "imbalance_after": overlap.imbalance_after,
        }
    return row | dict(_bounds("raw", effect.raw)) | dict(_bounds("adjusted", effect.adjusted))


def _bounds(kind: str, difference: Difference | None) -> Iterator[tuple[str, float | None]]:
    for name, field in (("difference", "value"), ("low", "low"), ("high", "high")):
        yield f"{kind}_{name}", getattr(difference, field, None)


def _mean(values: Floats, chosen: Booleans) -> float | None:
    return float(values[chosen].mean()) if chosen.any() else None


def _covariates(persons: pa.Table) -> Floats:
    """Numbers as `_of_counts`, and a column of 0 and 1 for each value that enough persons have."""
    columns = [np.empty((persons.num_rows, 0))]
    for name in persons.column_names:
        if name.startswith("before_"):
            kind = persons.schema.field(name).type
            is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
            columns.append(_of_text(persons[name]) if is_text else _of_number(persons[name]))
    return np.hstack(columns)


def _uses_before(known: Keys, uses: pa.Table) -> Floats:
    """The uses of each feature that enough persons had used, features by name."""
    names = np.array(uses["feature_name"].to_pylist(), dtype=object)
    features, feature = np.unique(names.astype(str), return_inverse=True)
    counts = np.zeros((len(known), len(features)))
    place = np.searchsorted(known, uses["person_key"].to_numpy())
    counts[place, feature] = uses["before_use_count"].to_numpy()
    common = (counts > 0).sum(axis=0) >= SMALLEST_SHARE * len(known)
    return _of_counts(counts[:, common])


def _of_text(column: pa.ChunkedArray) -> Floats:
    texts = np.array(column.to_pylist(), dtype=object)
    values = sorted(set(texts.tolist()) - {None})
    held = (texts[:, None] == np.array(values, dtype=object)).astype(np.float64)
    return _common(held)


def _of_number(column: pa.ChunkedArray) -> Floats:
    return _of_counts(pc.cast(column, pa.float64()).to_numpy()[:, None])


def _of_counts(counts: Floats) -> Floats:
    """1 + log, and whether there is any: none often means unknown rather than the low end."""
    return np.hstack([np.log1p(counts), _common((counts > 0).astype(np.float64))])


def _common(held: Floats) -> Floats:
    """The columns of 0 and 1 that are 1 for enough persons."""
    return np.asarray(held[:, held.sum(axis=0) >= SMALLEST_SHARE * len(held)])
