"""Words and evidence of the memo of an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
Sentence = dict[str, Any]

ARROWS = {"up": "↑", "down": "↓", "flat": "±"}
# What tells a row of each mart that sentences rest on.
KEYS: dict[str, tuple[str, ...]] = {
    "experiments": ("experiment_name",),
    "experiment_decisions": ("experiment_name", "treatment"),
    "experiment_health": ("experiment_name", "check_name"),
    "experiment_interactions": (
        "experiment_name", "metric_name", "treatment", "other_experiment_name", "other_treatment",
    ),
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


def sentence_of(key: str, text: str, *rows: Row) -> Sentence:
    """A sentence, the key that a note may override it by, and the rows that it rests on."""
    return {"key": key, "text": " ".join(text.split()), "evidence": list(rows)}


def evidence_of(
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
    percents = [percent_of(row[name]) if name else None for name in (change, low, high)]
    return {
        "mart": mart,
        "column": column,
        "key": {name: row[name] for name in KEYS[mart]},
        "n": n,
        **dict(zip(("percent_change", "percent_low", "percent_high"), percents, strict=True)),
        "p_value": p and row[p],
        "evidence_grade": grade,
    }


def effect_of(row: Row, grade: str, column: str = "relative_change") -> Row:
    """A row of experiment_segments, with the p-value that it is judged by."""
    judged_by = "p_value" if row["p_adj"] is None else "p_adj"
    return evidence_of(
        "experiment_segments",
        column,
        row,
        grade,
        n=both_counts(row),
        low=f"{column}_low",
        high=f"{column}_high",
        p=judged_by if column == "relative_change" else None,
    )


def both_counts(row: Row) -> Row:
    """The n of an effect."""
    return {"control": row["n_control"], "treatment": row["n_treatment"]}


def health_of(row: Row) -> Row:
    """A row of experiment_health."""
    n = None if row["whole_count"] is None else {"whole": row["whole_count"]}
    return evidence_of("experiment_health", "verdict", row, n=n, p="p_value")


def counted(row: Row) -> str:
    """What a check of health found: how many out of how many, and its p-value."""
    found, whole = row["observed_count"], row["whole_count"]
    counts = " of ".join(f"{count:,}" for count in (found, whole) if count is not None)
    chance = "" if row["p_value"] is None else f"p {p_text(row['p_value'])}"
    said = ", ".join(part for part in (counts, chance) if part)
    return said and f" ({said})"


def by_dimension(rows: Sequence[Row]) -> list[Row]:
    """The first row of each metric and segment."""
    first: dict[tuple[str, str], Row] = {}
    for row in rows:
        first.setdefault((row["metric_name"], row["segment_name"]), row)
    return list(first.values())


def percent_of(share: float | None) -> float | None:
    """0.05 as 5.0."""
    return None if share is None else round(100 * share, 2)


def percent_text(percent: float, sign: str = "+") -> str:
    """5.0 as `+5.0 %`, and nothing that is nearly 0 as `-0.0 %`."""
    return f"{round(percent, 1) + 0.0:{sign}.1f} %"


def shown(share: float, sign: str = "+") -> str:
    """0.05 as `+5.0 %`, rounded as in the evidence."""
    return percent_text(round(100 * share, 2), sign)


def change_of(row: Row) -> str:
    """An effect with its interval, or the means where the control's is no base for a share."""
    if row["relative_change"] is None:
        return f"from {row['mean_control']:.4g} to {row['mean_treatment']:.4g}"
    size = f"{ARROWS[row['direction']]} {shown(abs(row['relative_change']), '')}"
    return size if row["relative_change_low"] is None else f"{size} ({range_of(row)})"


def range_of(row: Row, column: str = "relative_change") -> str:
    """The interval of an effect."""
    low, high = row[f"{column}_low"], row[f"{column}_high"]
    return "without an interval" if low is None else f"{shown(low)} to {shown(high)}"


def aside_of(row: Row) -> str:
    """What is known of a change that is not clear, or why nothing is."""
    if row["outcome"] == "flat":
        return f" ({range_of(row)})"
    reason = "too few people" if row["status"] == "OK" else row["status"]
    return f" ({reason}: {row['n_control'] or 0:,} against {row['n_treatment'] or 0:,})"


def people_of(segment: str, value: str) -> str:
    """Those who have a value; an intent is a noun, and several who plan are Planners."""
    if segment == "all":
        return "everybody"
    return f"{value}s" if segment == "intent" and value.isalpha() else f"{segment} {value}"


def p_text(value: float) -> str:
    """A p-value with the sign before it."""
    return "< 0.0001" if value < 0.0001 else f"= {value:.4f}"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def spaced(name: str) -> str:
    """A name of code as words."""
    return name.replace("_", " ")


def period_of(start: date, end: date | None) -> str | None:
    """Its first and last day; None where it has no day."""
    if start == end:
        return None
    return f"{start} to {end - timedelta(days=1) if end else 'now'}"


def note_text(row: Row) -> str:
    """A note, and as far as it has them its author and days."""
    last = row["end_date"] and row["end_date"] - timedelta(days=1)
    days = " to ".join(dict.fromkeys(str(day) for day in (row["start_date"], last) if day))
    aside = ", ".join(part for part in (row["author"], days) if part)
    return f"{spaced(row['kind']).capitalize()}: {row['note']}" + (f" ({aside})" if aside else "")


def cells_of(row: Row) -> list[str]:
    """A row of evidence as cells of a table of Markdown."""
    low, high = row["percent_low"], row["percent_high"]
    change = "" if row["percent_change"] is None else percent_text(row["percent_change"])
    interval = "" if low is None else f"({percent_text(low)} to {percent_text(high)})"
    cells = [
        f"`{row['mart']}.{row['column']}` {', '.join(str(part) for part in row['key'].values())}",
        " / ".join(f"{count or 0:,}" for count in (row["n"] or {}).values()),
        f"{change} {interval}".strip(),
        "" if row["p_value"] is None else p_text(row["p_value"]).removeprefix("= "),
        row["evidence_grade"] or "",
    ]
    return [cell.replace("|", "\\|") for cell in cells]
