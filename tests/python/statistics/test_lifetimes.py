"""How long customers stay: published and worked by hand, the edges, and whether intervals cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from headwater.statistics.lifetimes import expected_lifetimes, remaining_lifetimes

# Klein and Moeschberger (2003), Survival Analysis, tables 1.1 and 4.1: weeks of remission on 6-MP.
LEFT = [6, 6, 6, 7, 10, 13, 16, 22, 23]
THERE = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def table(
    left: list[int], there: list[int], mrr: list[float] | None = None, followed: int = 100
) -> pa.Table:
    """Customers of one segment: days after which some left, and for which others have stayed."""
    count = len(left) + len(there)
    return pa.table(
        {
            "segment_name": ["plan"] * count,
            "segment_value": ["PRO month"] * count,
            "currency": ["USD"] * count,
            "lifetime_days": pa.array([*left, *there], pa.int32()),
            "followed_days": pa.array([*([followed] * len(left)), *there], pa.int32()),
            "has_left": pa.array([True] * len(left) + [False] * len(there), pa.bool_()),
            "average_mrr": pa.array(mrr or [365 / 12] * count, pa.float64()),
        }
    )


def expected(customers: pa.Table, horizon: int, smallest: int = 1) -> dict[str, Any]:
    (row,) = expected_lifetimes(customers, [horizon], smallest).to_pylist()
    return dict(row)


def test_the_restricted_mean_is_the_published_one() -> None:
    """Chapter 4.5: 23.287 weeks of 35, standard error 2.827."""
    row = expected(table(LEFT, THERE), 35)
    assert row["expected_days"] == pytest.approx(23.287, abs=1e-3)
    assert row["expected_days"] - row["expected_days_low"] == pytest.approx(1.96 * 2.827, abs=2e-3)
    assert row["survival_rate"] == pytest.approx(0.448, abs=5e-4)
    assert [row[f"{name}_count"] for name in ("customer", "churned", "at_risk")] == [21, 9, 1]


def test_one_is_paid_a_day_so_that_the_amount_is_the_days() -> None:
    row = expected(table(LEFT, THERE), 35)
    for end in ("", "_low", "_high"):
        assert row[f"expected_amount{end}"] == pytest.approx(row[f"expected_days{end}"])
    assert row["average_mrr"] == pytest.approx(365 / 12)


def test_four_customers_by_hand() -> None:
    """All stay on days 0 and 1, 3/4 on 2 and 3, 3/8 on 4 and 5: 4.25 days. Those who are there pay
    25, then 30, then 40 a month: (2 * 25 + 1.5 * 30 + 0.75 * 40) * 12 / 365."""
    row = expected(table([2, 4], [3, 6], mrr=[10.0, 30.0, 20.0, 40.0]), 6)
    error = (2.25**2 / 12 + 0.75**2 / 2) ** 0.5
    assert row["expected_days"] == 4.25
    assert row["expected_days_low"] == pytest.approx(4.25 - 1.959964 * error)
    assert row["expected_days_high"] == pytest.approx(4.25 + 1.959964 * error)
    assert row["expected_amount"] == pytest.approx(125 * 12 / 365)
    assert row["average_mrr"] == pytest.approx(125 / 4.25)
    assert row["survival_rate"] == 0.375


def test_who_is_there_is_expected_to_stay_by_the_hazards_to_come() -> None:
    """At three days of age: a whole day, then half of two."""
    rows = remaining_lifetimes(table([2, 4], [3, 6]), [2, 6, 7], 1).to_pylist()
    (row,) = rows
    assert (row["horizon_days"], row["age_days"], row["expected_days"]) == (6, 3, 2.0)
    assert row["expected_days_high"] == pytest.approx(min(2 + 1.959964 * 0.5**0.5, 3))
    assert row["expected_days_low"] == pytest.approx(2 - 1.959964 * 0.5**0.5)


def test_what_remains_at_age_0_is_what_is_expected() -> None:
    customers = table(LEFT, [0, *THERE])
    whole = expected(customers, 35)
    first = remaining_lifetimes(customers, [35], 1).to_pylist()[0]
    for name in ("expected_days", "expected_days_low", "expected_days_high"):
        assert first["age_days"] == 0 and first[name] == whole[name]


def test_where_nobody_left_the_lower_end_says_how_few_were_watched() -> None:
    """Ten of ten stay: at least 0.025 ** (1 / 10) of them do, by Clopper and Pearson."""
    row = expected(table([], [50] * 10), 30)
    assert (row["expected_days"], row["expected_days_high"]) == (30, 30)
    assert row["expected_days_low"] == pytest.approx(30 * 0.6915029)
    assert row["expected_amount"] == row["expected_amount_high"] == pytest.approx(30)
    assert row["expected_amount_low"] == pytest.approx(30 * 0.6915029)


def test_where_all_left_they_must_have_been_watched_long_enough() -> None:
    assert expected(table([5] * 3, []), 30, smallest=3)["expected_days"] == 5
    assert len(expected_lifetimes(table([5] * 3, [], followed=29), [30], 3)) == 0
    assert len(expected_lifetimes(table([5] * 3, []), [30], 4)) == 0


def test_a_horizon_needs_enough_who_were_watched_until_it() -> None:
    customers = table([1], [10, 20, 20, 30])
    reached = expected_lifetimes(customers, [30, 10, 20], 3)["horizon_days"].to_pylist()
    assert reached == [10, 20]
    assert len(remaining_lifetimes(customers, [60], 1)) == 0


def test_segments_and_currencies_are_kept_apart() -> None:
    euros = table([5], [9, 9]).set_column(2, "currency", pa.array(["EUR"] * 3))
    rows = expected_lifetimes(pa.concat_tables([table([], [9, 9]), euros]), [8], 1).to_pylist()
    assert [(row["currency"], row["customer_count"]) for row in rows] == [("EUR", 3), ("USD", 2)]
    assert rows[0]["expected_days"] == pytest.approx(5 + 3 * 2 / 3)


def test_one_customer_is_little_to_go_by() -> None:
    row = expected(table([], [9]), 8)
    assert row["expected_days_low"] == pytest.approx(8 * 0.025)


def test_the_order_of_the_rows_changes_nothing_at_all() -> None:
    draw = np.random.default_rng(3)
    left, there = draw.integers(1, 9, 150).tolist(), draw.integers(1, 9, 150).tolist()
    customers = table(left, there, mrr=(draw.random(300) * 100).tolist())
    told = expected_lifetimes(customers, list(range(1, 9)), 1)
    for _ in range(20):
        shuffled = customers.take(pa.array(draw.permutation(300)))
        assert expected_lifetimes(shuffled, list(range(1, 9)), 1) == told


def test_who_leaves_on_the_horizon_s_day_has_stayed_until_it() -> None:
    row = expected(table([10], [20]), 10)
    assert (row["survival_rate"], row["churned_count"], row["at_risk_count"]) == (1, 0, 2)
    assert row["expected_days"] == 10


def test_nothing_gives_nothing() -> None:
    none = table([], [])
    assert expected_lifetimes(none, [30], 1).num_rows == 0
    assert remaining_lifetimes(none, [30], 1).num_rows == 0


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 day, got 0"):
        expected_lifetimes(table([1], []), [30, 0], 1)
    with pytest.raises(ValueError, match="not between 0 days and those"):
        expected_lifetimes(table([5], [], followed=4), [30], 1)
    with pytest.raises(ValueError, match="not between 0 days and those"):
        remaining_lifetimes(table([], [-1]), [30], 1)


def test_intervals_cover_the_truth() -> None:
    """Dear customers leave sooner, all begin on some day of 120; 400 companies of 80 customers."""
    draw, horizon, hazards = np.random.default_rng(7), 60, np.array([0.005, 0.03])
    prices = np.array([20.0, 80.0])
    stays = (1 - hazards[:, None]) ** np.arange(horizon)
    days = float(stays.sum(axis=1).mean())
    amount = float((stays.sum(axis=1) * prices).mean() * 12 / 365)
    covered = np.zeros(2)
    for _ in range(400):
        kind = draw.integers(0, 2, 80)
        lifetime, watched = draw.geometric(hazards[kind]), draw.integers(1, 121, 80)
        has_left = lifetime <= watched
        customers = pa.table(
            {
                "segment_name": ["all"] * 80,
                "segment_value": ["all"] * 80,
                "currency": ["USD"] * 80,
                "lifetime_days": np.minimum(lifetime, watched),
                "followed_days": watched,
                "has_left": has_left,
                "average_mrr": prices[kind],
            }
        )
        row = expected(customers, horizon)
        covered += [
            row["expected_days_low"] <= days <= row["expected_days_high"],
            row["expected_amount_low"] <= amount <= row["expected_amount_high"],
        ]
    # 0.95 of 400 are 380; one in a thousand times chance gives fewer than 366
    assert covered[0] >= 366
    assert covered[1] >= 366
