"""How long customers stay and what that is worth, from those who left and those who have not yet.

Survival is Kaplan and Meier's (1958), as statsmodels estimates it. Nothing is guessed of times for
which no customers were watched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TAIL = 0.025  # on either side of a 95 % interval
QUANTILE = float(norm.isf(TAIL))
MONTHS_A_DAY = 12 / 365

SEGMENT = ("segment_name", "segment_value", "currency")
KEYS = [(name, pa.string()) for name in SEGMENT] + [("horizon_days", pa.int64())]
DAYS = [(f"expected_days{end}", pa.float64()) for end in ("", "_low", "_high")]
AMOUNTS = [(f"expected_amount{end}", pa.float64()) for end in ("", "_low", "_high")]
COUNTS = [(f"{name}_count", pa.int64()) for name in ("customer", "churned", "at_risk")]
RATES = [("survival_rate", pa.float64()), ("average_mrr", pa.float64())]
EXPECTED = pa.schema([*KEYS, *COUNTS, *RATES, *DAYS, *AMOUNTS])
REMAINING = pa.schema([*KEYS, ("age_days", pa.int64()), *DAYS])


@dataclass(frozen=True)
class Customers:
    """Those of one segment; arrays of shape (customers,)."""

    lifetime: Integers  # days for which they stayed, or have stayed so far
    followed: Integers  # days for which they could have been seen to stay
    has_left: Flags
    mrr: Floats  # mean over their lifetime

    def stay(self, longest: int) -> Stay:
        """What they tell of the days until the longest horizon."""
        fit = SurvfuncRight(self.lifetime.astype(np.float64), self.has_left.astype(np.float64))
        days = np.arange(longest + 1)
        place = np.searchsorted(fit.surv_times, days, side="right")
        doubt = np.zeros(longest + 1)
        is_near = (fit.surv_times <= longest) & (fit.n_risk > fit.n_events)
        risk, left = fit.n_risk[is_near], fit.n_events[is_near]
        doubt[fit.surv_times[is_near].astype(np.int64)] = left / (risk * (risk - left))
        # who left on a day is not among those who stay on it
        until = self.lifetime - self.has_left
        order = np.lexsort((self.mrr, until))  # so that the rows' own order changes no rounding
        first = np.searchsorted(until[order], days)
        staying = len(until) - first
        paid, squares = (
            np.append(_tails(values[order]), 0.0)[first] / np.maximum(staying, 1)
            for values in (self.mrr, self.mrr**2)
        )
        return Stay(
            survival=np.append(1.0, fit.surv_prob)[place],
            doubt=doubt,
            watched=np.array([(self.lifetime >= day).sum() for day in days]),
            mrr=paid,
            mrr_error=np.sqrt(np.maximum(squares - paid**2, 0) / np.maximum(staying - 1, 1)),
        )

    def reach(self, stay: Stay, horizon: int, smallest: int) -> bool:
        """Whether enough of them were watched for so long, be it that all had left before."""
        all_left = stay.survival[horizon - 1] == 0
        count = (self.followed >= horizon).sum() if all_left else stay.watched[horizon]
        return int(count) >= max(smallest, 1)


@dataclass(frozen=True)
class Stay:
    """What is known of a segment by day of life, the first is 0; arrays of shape (days,)."""

    survival: Floats  # share that is still there when the day is over
    doubt: Floats  # Greenwood's term of the day, left / (at risk * staying)
    watched: Integers  # customers who were still watched when the day began
    mrr: Floats  # mean monthly revenue of those of them who did not leave on it
    mrr_error: Floats  # its standard error

    def days(self, age: int, horizon: int) -> tuple[float, float, float]:
        """Days until the horizon expected of who is there at an age, and their interval.

        The variance is Greenwood's, as for the restricted mean (Klein and Moeschberger 2003, 4.5).
        Where nobody left there is none: then the lower end is what would be so by chance in one
        case of forty, if those who leave did so at once.
        """
        longest = float(horizon - age)
        tails = _tails(self.survival[age:horizon]) / self.survival[age]
        variance = float((tails[1:] ** 2 * self.doubt[age + 1 : horizon]).sum())
        expected, margin = float(tails[0]), QUANTILE * variance**0.5
        low = expected - margin
        if expected == longest:
            low = longest * TAIL ** (1 / int(self.watched[horizon]))
        return expected, max(low, 0.0), min(expected + margin, longest)

    def amount(self, horizon: int) -> tuple[float, float, float]:
        """Revenue until the horizon expected of a new customer, and its interval.

        Day by day the share that stays times what those pay (Lin and others 1997), since dear
        customers may leave sooner or later than others. The doubts about staying and about what
        is paid are added as independent, the latter as if it were the same on all days, which is
        the most that it can be.
        """
        worth = self.survival[:horizon] * self.mrr[:horizon] * MONTHS_A_DAY
        tails = _tails(worth)
        of_leaving = float((tails[1:] ** 2 * self.doubt[1:horizon]).sum())
        errors = self.survival[:horizon] * self.mrr_error[:horizon] * MONTHS_A_DAY
        of_paying = float(errors.sum()) ** 2
        expected, margin = float(tails[0]), QUANTILE * (of_leaving + of_paying) ** 0.5
        low = expected - margin
        if of_leaving == 0:
            low = expected * self.days(0, horizon)[1] / horizon - margin
        return expected, max(low, 0.0), expected + margin


def expected_lifetimes(customers: pa.Table, horizons: list[int], smallest: int) -> pa.Table:
    """What is to be expected of a new customer of each segment until each horizon.

    `customers` has a row per segment and customer: `segment_name`, `segment_value`, `currency`,
    `lifetime_days` and `followed_days` (days for which it has stayed, and could have been seen to),
    `has_left`, and `average_mrr` (per month). `horizons` are days from the start. A segment has a
    row for each horizon until which at least `smallest` customers were watched: `customer_count`;
    how many of them left before it (`churned_count`) and were watched until then
    (`at_risk_count`); the share that stays until then (`survival_rate`); `average_mrr`, what is
    paid on average per month of staying; `expected_days` until the horizon and `expected_amount`,
    what is paid in them, each with `_low` and `_high`, its 95 % interval.

    Raises ValueError if a horizon is below 1, or a lifetime is not between 0 and `followed_days`.
    """
    rows = []
    for key, found, stay, reached in _segments(customers, horizons, smallest):
        for horizon in reached:
            days, amounts = stay.days(0, horizon), stay.amount(horizon)
            row = {
                "horizon_days": horizon,
                "customer_count": len(found.lifetime),
                "churned_count": int((found.has_left & (found.lifetime < horizon)).sum()),
                "at_risk_count": int(stay.watched[horizon]),
                "survival_rate": float(stay.survival[horizon - 1]),
                "average_mrr": amounts[0] / (days[0] * MONTHS_A_DAY),
            }
            rows.append(key | row | _named(DAYS, days) | _named(AMOUNTS, amounts))
    return pa.Table.from_pylist(rows, EXPECTED)


def remaining_lifetimes(customers: pa.Table, horizons: list[int], smallest: int) -> pa.Table:
    """How long those who have not left are expected to stay until the last horizon reached.

    Takes what `expected_lifetimes` does. A segment has a row for each age in days, below the last
    horizon that it reaches, which somebody has who has not left: `expected_days` from then on, with
    its 95 % interval.
    """
    rows = []
    for key, found, stay, reached in _segments(customers, horizons, smallest):
        horizon = max(reached, default=0)
        for age in np.unique(found.lifetime[~found.has_left & (found.lifetime < horizon)]).tolist():
            row = {"horizon_days": horizon, "age_days": age}
            rows.append(key | row | _named(DAYS, stay.days(age, horizon)))
    return pa.Table.from_pylist(rows, REMAINING)


def _segments(
    table: pa.Table, horizons: list[int], smallest: int
) -> Iterator[tuple[dict[str, object], Customers, Stay, list[int]]]:
    """Key, customers and stay of each segment, and the horizons that it reaches, in order."""
    if min(horizons) < 1:
        raise ValueError(f"horizons must be at least 1 day, got {min(horizons)}")
    names = ("lifetime_days", "followed_days", "has_left", "average_mrr")
    columns = [table[name].to_numpy() for name in names]
    if len(table) and ((columns[0] < 0) | (columns[0] > columns[1])).any():
        raise ValueError("a lifetime is not between 0 days and those for which it was watched")
    rows_of: dict[tuple[str, ...], list[int]] = {}
    for row, key in enumerate(zip(*(table[name].to_pylist() for name in SEGMENT), strict=True)):
        rows_of.setdefault(key, []).append(row)
    for key, rows in sorted(rows_of.items()):
        lifetime, followed, has_left, mrr = (column[rows] for column in columns)
        found = Customers(
            lifetime.astype(np.int64), followed.astype(np.int64), has_left.astype(np.bool_), mrr
        )
        stay = found.stay(max(horizons))
        reached = [horizon for horizon in sorted(horizons) if found.reach(stay, horizon, smallest)]
        yield dict(zip(SEGMENT, key, strict=True)), found, stay, reached


def _named(names: list[tuple[str, pa.DataType]], values: tuple[float, ...]) -> dict[str, float]:
    return dict(zip([name for name, _ in names], values, strict=True))


def _tails(values: Floats) -> Floats:
    """The sum from each place to the end."""
    return np.cumsum(values[::-1])[::-1]
