"""How often the statistics of experiments are right, in worlds that are known.

    python -m bench.experiment_bars

Each bar simulates many experiments and counts false alarms, covered truths or found effects of
`headwater.statistics.experiments`, with fixed seeds. Exits with 1 if a count is out of its bounds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from headwater.statistics.experiments.comparison import compare_variants
from headwater.statistics.experiments.families import adjusted
from headwater.statistics.experiments.moments import NAMES, PAIRS, QUANTILE_NORMAL
from headwater.statistics.experiments.sample_ratio import sample_ratio

Floats = npt.NDArray[np.float64]
Arm = dict[str, Floats]  # y, d, x, e by unit; each of shape (experiments, units)
Draw = Callable[[np.random.Generator, int], tuple[Arm, Arm]]

CHUNK, FEWEST = 2_000_000, 50  # values and experiments at a time
ALPHA = 0.05
LOOKS, TUNING = 28, 5000


@dataclass(frozen=True)
class Bar:
    """A rate and the bounds that it must keep."""

    name: str
    count: int
    result: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Whether it is within its bounds."""
        return bool(self.low <= self.result <= self.high)


def near(name: str, count: int, rate: float, target: float = ALPHA, slack: float = 0.0) -> Bar:
    """Within three standard errors of the target, and the slack."""
    margin = 3 * np.sqrt(target * (1 - target) / count) + slack
    return Bar(name, count, rate, target - margin, target + margin)


def at_most(name: str, count: int, rate: float, target: float = ALPHA) -> Bar:
    """Below the target, or above by no more than three standard errors."""
    return Bar(name, count, rate, 0, target + 3 * np.sqrt(target * (1 - target) / count))


def show(bars: Iterable[Bar]) -> int:
    """Print each as it comes; how many are missed."""
    missed = 0
    print(f"{'':64}{'experiments':>12}{'result':>10}{'bar':>18}")
    for bar in bars:
        missed += not bar.holds
        bounds = f"{bar.low:.4f}-{bar.high:.4f}"
        verdict = "ok" if bar.holds else "MISSED"
        print(f"{bar.name:64}{bar.count:>12,}{bar.result:>10.4f}{bounds:>18}  {verdict}")
    return missed


def summarised(arm: Arm, shift: dict[str, Floats]) -> dict[str, Floats]:
    """Sufficient statistics of each experiment's arm; arrays of shape (experiments,)."""
    n = arm["y"].shape[1]
    columns: dict[str, Floats] = {"n": np.full(len(arm["y"]), float(n))}
    left = {}
    for name, values in arm.items():
        centred = values - shift[name][:, None]
        columns[f"shift_{name}"], columns[f"m_{name}"] = shift[name], centred.mean(axis=1)
        left[name] = centred - columns[f"m_{name}"][:, None]
    for one, other in (tuple(pair) for pair in PAIRS):
        if one in left and other in left:
            products = np.einsum("ij,ij->i", left[one], left[other])
            columns[f"c_{one}{other}"] = products / (n - 1)
    second = np.einsum("ij,ij->i", left["y"], left["y"])
    third = np.einsum("ij,ij,ij->i", left["y"], left["y"], left["y"])
    with np.errstate(all="ignore"):
        columns["skew_y"] = np.sqrt(n * (n - 1)) / (n - 2) * np.sqrt(n) * third / second**1.5
    return columns


def experiments(draw: Draw, count: int, seed: int, **settings: str | float) -> pd.DataFrame:
    """Readouts of many experiments, two rows each."""
    rng = np.random.default_rng(seed)
    parts, done, at_once = [], 0, FEWEST
    while done < count:
        step = min(at_once, count - done)
        arms = draw(rng, step)
        width = sum(values.shape[1] for arm in arms for values in arm.values())
        at_once = max(FEWEST, CHUNK // width)
        shift = {
            name: np.concatenate([arm[name] for arm in arms], axis=1).mean(axis=1)
            for name in NAMES
            if name in arms[0]
        }
        numbered = {"experiment_id": np.arange(done, done + step)}
        for variant, arm in zip(("control", "treatment"), arms, strict=True):
            columns = numbered | {"variant": variant} | summarised(arm, shift)
            parts.append(pd.DataFrame(columns))
        done += step
    return read(pd.concat(parts, ignore_index=True), **settings)


def read(statistics: pd.DataFrame, **settings: str | float) -> pd.DataFrame:
    """Compared; a secondary metric, since nothing is to be adjusted."""
    defaults: dict[str, Any] = {
        "control_variant": "control", "metric_type": "mean", "role": "secondary", "alpha": ALPHA,
        "seq_tuning_n": TUNING, "n_non_finite": 0, "n_with_pre": statistics["n"],
        "is_cuped": "m_x" in statistics,
    }  # fmt: skip
    for name, value in (defaults | settings).items():
        statistics[name] = value
    results = compare_variants(statistics, ("experiment_id",))
    wanted = "cuped" if "m_x" in statistics else "unadjusted"
    return results[results["method"] == wanted].reset_index(drop=True)


def column(results: pd.DataFrame, name: str) -> Floats:
    """NaN where null."""
    return np.asarray(results[name].to_numpy(dtype=np.float64, na_value=np.nan))


def rejected(results: pd.DataFrame) -> float:
    """Share of the experiments with a p-value in which it is below alpha."""
    p_value = column(results, "p_value")
    return float((p_value[~np.isnan(p_value)] < ALPHA).mean())


def covered(results: pd.DataFrame, truth: float) -> float:
    """Share of lift intervals that contain the truth."""
    low, high = column(results, "lift_ci_low"), column(results, "lift_ci_high")
    known = ~np.isnan(low)
    return float(((low <= truth) & (truth <= high))[known].mean())


def contradictions(results: pd.DataFrame) -> int:
    """In how many experiments Fieller's interval and the p-value disagree about 0."""
    low, high = column(results, "lift_ci_low"), column(results, "lift_ci_high")
    known = ~np.isnan(low)
    excludes = (low > 0) | (high < 0)
    return int((excludes != (column(results, "p_value") < ALPHA))[known].sum())


# Worlds: each draws a control and a treatment whose true lift is `lift`.


def normal(sizes: tuple[int, int], lift: float = 0.0) -> Draw:
    """Mean 10, standard deviation 3."""
    return lambda rng, count: (
        {"y": rng.normal(10, 3, (count, sizes[0]))},
        {"y": rng.normal(10 * (1 + lift), 3, (count, sizes[1]))},
    )


def binary(rate: float, sizes: tuple[int, int], lift: float = 0.0) -> Draw:
    """Zero or one."""
    return lambda rng, count: (
        {"y": (rng.random((count, sizes[0])) < rate).astype(np.float64)},
        {"y": (rng.random((count, sizes[1])) < rate * (1 + lift)).astype(np.float64)},
    )


def heavy(sizes: tuple[int, int], lift: float = 0.0) -> Draw:
    """Revenue: one of ten pays, log-normally."""

    def values(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        amount = np.exp(rng.normal(3, 1.2, shape))
        return np.asarray(np.where(rng.random(shape) < 0.1, amount, 0.0))

    return lambda rng, count: (
        {"y": values(rng, (count, sizes[0]))},
        {"y": (1 + lift) * values(rng, (count, sizes[1]))},
    )


def clicks(size: int, lift: float = 0.0) -> Draw:
    """Clicks by views, where who views more clicks more often."""

    def arm(rng: np.random.Generator, count: int, effect: float) -> Arm:
        keen = rng.beta(2, 5, (count, size))
        views = 1 + rng.poisson(8 * keen + 1)
        likely = np.minimum(0.8 * (0.2 + keen * 0.6) * effect, 1)
        return {"y": rng.binomial(views, likely).astype(np.float64), "d": views.astype(np.float64)}

    return lambda rng, count: (arm(rng, count, 1), arm(rng, count, 1 + lift))


def with_before(size: int, correlation: float = 0.8, lift: float = 0.0) -> Draw:
    """A normal metric and the same of the time before."""

    def arm(rng: np.random.Generator, count: int, effect: float) -> Arm:
        before = rng.normal(0, 1, (count, size))
        noise = rng.normal(0, 1, (count, size))
        after = correlation * before + np.sqrt(1 - correlation**2) * noise
        return {"y": 10 * effect + 3 * after, "x": 10 + 3 * before}

    return lambda rng, count: (arm(rng, count, 1), arm(rng, count, 1 + lift))


def false_alarms(scale: float = 1.0) -> list[Bar]:
    """Of A/A tests by Welch's test."""
    bars, wrong = [], 0
    worlds: list[tuple[str, Draw, int, float, tuple[float, float] | None]] = [
        ("normal, n=200", normal((200, 200)), 60_000, 0.0, None),
        ("Bernoulli .1, n=1000", binary(0.1, (1000, 1000)), 40_000, 0.003, None),
        ("Bernoulli .01, n=1000", binary(0.01, (1000, 1000)), 20_000, 0.0, (0.04, 0.056)),
        ("Bernoulli .01, n=300", binary(0.01, (300, 300)), 20_000, 0.0, (0.04, 0.056)),
        ("heavy tail, n=1000", heavy((1000, 1000)), 8_000, 0.0, (0.038, 0.056)),
        ("heavy tail, n=4000", heavy((4000, 4000)), 3_000, 0.0, (0.038, 0.056)),
    ]
    for seed, (name, draw, full, slack, bounds) in enumerate(worlds, start=100):
        count = int(full * scale)
        results = experiments(draw, count, seed)
        wrong += contradictions(results)
        bar = near(f"false alarms, {name}", count, rejected(results), slack=slack)
        bars.append(bar if bounds is None else replace(bar, low=bounds[0], high=bounds[1]))
    for sizes, full in (((3600, 400), 5_000), ((9000, 1000), 4_000)):
        count = int(full * scale)
        results = experiments(heavy(sizes), count, sizes[0])
        warned = results["warnings"].str.contains("SKEWED_SMALL_N").mean()
        name = f"warned of skew, heavy tail {sizes[0]}/{sizes[1]} ({rejected(results):.3f} false)"
        bars.append(Bar(name, count, float(warned), 0.99, 1))
        wrong += contradictions(results)
    return [*bars, Bar("Fieller contradicts p, A/A", 0, wrong, 0, 0)]


def adjustments(scale: float = 1.0) -> list[Bar]:
    """Of A/A tests by CUPED and by ratios."""
    bars, wrong = [], 0
    for size, full in ((1000, 4_000), (100, 10_000)):
        count = int(full * scale)
        results = experiments(clicks(size), count, size, metric_type="ratio")
        wrong += contradictions(results)
        bars.append(near(f"false alarms, ratio n={size}", count, rejected(results), slack=0.003))
    for size, full in ((500, 10_000), (50, 20_000), (20, 20_000)):
        count = int(full * scale)
        results = experiments(with_before(size), count, size)
        wrong += contradictions(results)
        bars.append(near(f"false alarms, CUPED n={size}", count, rejected(results), slack=0.003))
        gained = float(column(results, "variance_reduction").mean())
        if size >= 50:
            name = f"variance reduction, correlation .8, n={size}"
            bars.append(Bar(name, count, gained, 0.63, 0.65))
    return [*bars, Bar("Fieller contradicts p, ratio and CUPED", 0, wrong, 0, 0)]


def lift_coverage(scale: float = 1.0) -> list[Bar]:
    """Of Fieller's intervals when the true lift is 10 %."""
    worlds: list[tuple[str, Draw, int, str]] = [
        ("normal, n=200", normal((200, 200), 0.1), 20_000, "mean"),
        ("rare, n=2000", binary(0.02, (2000, 2000), 0.1), 10_000, "proportion"),
        ("heavy tail, n=1000", heavy((1000, 1000), 0.1), 8_000, "mean"),
        ("ratio, n=500", clicks(500, 0.1), 4_000, "ratio"),
        ("CUPED, n=500", with_before(500, lift=0.1), 10_000, "mean"),
        ("CUPED, n=50", with_before(50, lift=0.1), 20_000, "mean"),
    ]
    bars, wrong = [], 0
    for seed, (name, draw, full, kind) in enumerate(worlds, start=300):
        count = int(full * scale)
        results = experiments(draw, count, seed, metric_type=kind)
        wrong += contradictions(results)
        bars.append(Bar(f"lift covered, {name}", count, covered(results, 0.1), 0.94, 0.965))
    return [*bars, Bar("Fieller contradicts p, true lift", 0, wrong, 0, 0)]


def quantiles(scale: float = 1.0) -> list[Bar]:
    """False alarms of quantiles of log-normal values."""
    bars = []
    for share, size, full in ((0.5, 500, 4000), (0.9, 500, 4000), (0.95, 1000, 4000),
                              (0.99, 2000, 2000)):  # fmt: skip
        count = int(full * scale)
        rng = np.random.default_rng(int(1000 * share))
        half = QUANTILE_NORMAL * np.sqrt(share * (1 - share) / size)
        parts = []
        for variant in ("control", "treatment"):
            values = np.sort(np.exp(rng.normal(4, 0.6, (count, size))), axis=1)
            found = {
                name: at(values, place)
                for name, place in (
                    ("q_hat", share), ("q_low", share - half), ("q_high", share + half)
                )
            }  # fmt: skip
            rows = {"experiment_id": np.arange(count), "variant": variant, "n": size, "q": share}
            parts.append(pd.DataFrame(rows | found))
        statistics = pd.concat(parts, ignore_index=True)
        blank = dict.fromkeys(("m_y", "c_yy", "shift_y"), np.nan)
        results = read(statistics.assign(**blank), metric_type="quantile")
        bars.append(Bar(f"false alarms, quantile {share}", count, rejected(results), 0.035, 0.062))
    return bars


def at(ordered: Floats, share: float) -> Floats:
    """Quantiles of ordered rows by linear interpolation."""
    place = share * (ordered.shape[1] - 1)
    below = int(place)
    step = ordered[:, below + 1] - ordered[:, below]
    return np.asarray(ordered[:, below] + (place - below) * step)


def peeking(scale: float = 1.0) -> list[Bar]:
    """False alarms at any of 28 daily looks, of sequential p-values and of plain ones."""
    worlds: list[tuple[str, Draw, int]] = [
        ("normal", normal((100, 100)), 5_000),
        ("Bernoulli .05", binary(0.05, (100, 100)), 5_000),
        ("Bernoulli .01", binary(0.01, (100, 100)), 5_000),
        ("heavy tail", heavy((100, 100)), 2_000),
    ]
    bars = []
    for seed, (name, draw, full) in enumerate(worlds, start=500):
        count = int(full * scale)
        always, plain = peeked(draw, count, seed)
        bars.append(Bar(f"28 looks, sequential, {name}", count, always, 0, 0.03))
        bars.append(Bar(f"28 looks, plain must fail, {name}", count, plain, 0.18, 1))
    return bars


def peeked(draw: Draw, count: int, seed: int) -> tuple[float, float]:
    """Share of experiments in which some look is significant: sequentially, plainly."""
    rng = np.random.default_rng(seed)
    sums = np.zeros((2, 3, count))
    alarms = np.zeros((2, count), dtype=np.bool_)
    for _ in range(LOOKS):
        for place, arm in enumerate(draw(rng, count)):
            values = arm["y"]
            sums[place] += [np.full(count, values.shape[1]), values.sum(1), (values**2).sum(1)]
        parts = [look(*sums[place]).assign(variant=name)
                 for place, name in enumerate(("control", "treatment"))]  # fmt: skip
        results = read(pd.concat(parts, ignore_index=True))
        for place, name in enumerate(("seq_p_value", "p_value")):
            alarms[place] |= column(results, name) < ALPHA
    return float(alarms[0].mean()), float(alarms[1].mean())


def look(n: Floats, value: Floats, square: Floats) -> pd.DataFrame:
    """What is known of an arm until now; values are small, so their sums may be squared."""
    return pd.DataFrame(
        {
            "experiment_id": np.arange(len(n)),
            "n": n,
            "shift_y": 0.0,
            "m_y": value / n,
            "c_yy": (square - value**2 / n) / (n - 1),
        }
    )


def splits(scale: float = 1.0) -> list[Bar]:
    """False alarms of the sample ratio, at one look and at any of 28."""
    bars = []
    rng = np.random.default_rng(600)
    for total, weights in ((1000, (0.5, 0.5)), (10_000, (0.5, 0.5)), (10_000, (0.8, 0.1, 0.1))):
        count = int(200_000 * scale)
        found = split(rng.multinomial(total, weights, count), weights)
        rate = float((column(found, "p_value") < 0.001).mean())
        name = f"sample ratio, p < .001, N={total}, {len(weights)} arms"
        bars.append(Bar(name, count, rate, 0.0007, 0.0013))
    count = int(40_000 * scale)
    units = np.zeros((count, 2), dtype=np.int64)
    strict, loose, sequential = (np.zeros(count, dtype=np.bool_) for _ in range(3))
    for _ in range(LOOKS):
        units += rng.multinomial(500, (0.5, 0.5), count)
        found = split(units, (0.5, 0.5))
        p_value = column(found, "p_value")
        strict |= p_value < 0.001
        loose |= p_value < 0.01
        sequential |= column(found, "seq_p_value") < 0.01
    bars.append(Bar("sample ratio, 28 looks, p < .001", count, float(strict.mean()), 0, 0.015))
    bars.append(Bar("sample ratio, 28 looks, p < .01 (no bar)", count, float(loose.mean()), 0, 1))
    name = "sample ratio, 28 looks, Bayes factor > 100"
    return [*bars, Bar(name, count, float(sequential.mean()), 0, 0.01)]


def split(units: npt.NDArray[np.int64], weights: Sequence[float]) -> pd.DataFrame:
    """Test each row's units."""
    count, arms = units.shape
    rows = {"test": np.repeat(np.arange(count), arms), "n": units.ravel()}
    return sample_ratio(
        pd.DataFrame(rows | {"weight": np.tile(weights, count), "srm_alpha": 0.001}), ["test"]
    )


def families(scale: float = 1.0) -> list[Bar]:
    """Chance of any false discovery among 20 metrics that nothing moved."""
    count = int(4_000 * scale)
    p_values = column(experiments(normal((100, 100)), 20 * count, 700), "p_value")
    family = np.repeat(np.arange(count), 20)
    rates = {}
    for method in ("none", "holm", "bh"):
        found, _ = adjusted(p_values, family, np.full(len(family), method, dtype=object))
        rates[method] = float((found.reshape(count, 20) < ALPHA).any(axis=1).mean())
    return [
        Bar("any of 20, unadjusted must fail", count, rates["none"], 0.5, 1),
        at_most("any of 20, Holm", count, rates["holm"]),
        at_most("any of 20, Benjamini-Hochberg", count, rates["bh"]),
    ]


def clusters(scale: float = 1.0) -> list[Bar]:
    """Sessions of users: as a ratio of sums by user, and as if sessions were independent."""
    count = int(3_000 * scale)

    def arm(rng: np.random.Generator, experiments_at_once: int) -> Arm:
        shape = (experiments_at_once, 300)
        sessions = 1.0 + rng.geometric(0.15, shape)
        level = 5 + rng.normal(0, 1, shape)
        return {"y": level * sessions + rng.normal(0, 1, shape) * np.sqrt(sessions), "d": sessions}

    def both(rng: np.random.Generator, experiments_at_once: int) -> tuple[Arm, Arm]:
        return arm(rng, experiments_at_once), arm(rng, experiments_at_once)

    results = experiments(both, count, 800, metric_type="ratio")
    rng = np.random.default_rng(800)
    naive = 0
    for _ in range(count):
        means, variances = [], []
        for _ in range(2):
            users = arm(rng, 1)
            sessions = users["d"][0].astype(np.int64)
            level = np.repeat(users["y"][0] / sessions, sessions)
            values = level + rng.normal(0, 1, len(level))
            means.append(values.mean())
            variances.append(values.var(ddof=1) / len(values))
        apart = abs(means[0] - means[1]) / np.sqrt(sum(variances))
        naive += bool(2 * norm.sf(apart) < ALPHA)
    return [
        Bar("false alarms, sessions by user", count, rejected(results), 0.038, 0.062),
        Bar("false alarms, sessions alone must fail", count, naive / count, 0.15, 1),
    ]


def decisions(scale: float = 1.0) -> list[Bar]:
    """Power at the reported detectable effect, and non-inferiority at its boundary."""
    count, size = int(10_000 * scale), 500
    detectable = (norm.isf(ALPHA / 2) + norm.ppf(0.8)) * 3 * np.sqrt(2 / size)
    results = experiments(normal((size, size), detectable / 10), count, 900)
    reported = float(column(results, "mde_abs").mean()) / detectable
    power = Bar("power at the reported effect", count, rejected(results), 0.788, 0.812)
    told = Bar("reported effect by the true one", count, reported, 0.99, 1.01)
    count = int(20_000 * scale)
    results = experiments(normal((size, size), -0.02), count, 901, margin=0.02)
    rate = float((column(results, "ni_p_value") < ALPHA).mean())
    return [power, told, at_most("non-inferior at the margin", count, rate)]


CHECKS = (
    false_alarms, adjustments, lift_coverage, quantiles, peeking, splits, families, clusters,
    decisions,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all bars and print a table; 1 if one is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.experiment_bars", description=__doc__)
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="share of the simulations; the bounds are meant for 1",
    )
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    missed = show(bar for check in CHECKS for bar in check(options.scale))
    print(f"{missed} missed, {time.perf_counter() - started:.0f} s")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
