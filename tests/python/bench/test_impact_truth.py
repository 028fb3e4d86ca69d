"""The counts of `python -m bench.impact_truth`, and that what is done is not done again."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from bench import impact_truth


def rows(seed: int, causal: tuple[float, float] | None, other: tuple[float, float]) -> list[dict]:
    found = []
    for name, truth, bounds in (("ai_labeling", 0.15, causal), ("palette_match", 0.0, other)):
        low, high = bounds or (None, None)
        row = {"seed": seed, "feature_name": name, "truth": truth, "raw_low": 0.1, "raw_high": 0.2}
        row |= {"adjusted_low": low, "adjusted_high": high, "adjusted_difference": low}
        found.append(row)
    return found


def test_intervals_are_counted() -> None:
    told = (
        rows(1, (0.1, 0.2), (-0.1, 0.1)) + rows(2, (-0.1, 0.1), (0.0, 0.1)) + rows(3, None, (1, 2))
    )
    assert impact_truth.described(told) == (
        "3 seeds\n"
        "  ai_labeling (truth 0.15): 2 adjusted; interval covers the truth in 1, covers 0 in 1; "
        "raw one covers the truth in 3, 0 in 0\n"
        "  palette_match (truth 0.00): 3 adjusted; interval covers the truth in 2, covers 0 in 2; "
        "raw one covers the truth in 0, 0 in 0"
    )


def test_what_is_true_of_too_few_seeds_is_told() -> None:
    good = [row for seed in range(9) for row in rows(seed, (0.1, 0.2), (-0.1, 0.1))]
    assert impact_truth.missed(good + rows(9, (0.2, 0.3), (0.1, 0.2))) == []
    assert impact_truth.missed(good + rows(9, None, (-0.1, 0.1)) + rows(10, (-1, 1), (1, 2))) == [
        "ai_labeling's interval leaves out 0 in 9 of 11 seeds, 90% are due"
    ]
    worse = good[:4] + rows(9, (0.2, 0.3), (0.1, 0.2))
    assert impact_truth.missed(worse) == [
        "ai_labeling's interval covers the truth in 2 of 3 seeds, 90% are due",
        "palette_match's interval covers 0 in 2 of 3 seeds, 90% are due",
    ]


def test_a_seed_is_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def run_seed(seed: int, scale: float, folder: Path) -> pa.Table:
        asked.append((seed, scale, folder))
        return pa.Table.from_pylist(rows(seed, (0.1, 0.2) if seed > 1 else None, (-0.1, 0.1)))

    monkeypatch.setattr(impact_truth, "run_seed", run_seed)
    folder = tmp_path / "out"
    for seeds in ("1", "20"):
        arguments = ["--seeds", seeds, "--to", str(folder)]
        assert impact_truth.main(arguments) == int(seeds == "1")
    assert asked == [(seed, 0.08, folder) for seed in range(1, 21)]
    assert capsys.readouterr().out.count("2 seeds") == 2  # and 12
    kept = [path.name for path in sorted((folder / "impact").iterdir())]
    assert kept == [f"seed_{seed:04}.parquet" for seed in range(1, 21)]
