"""Who is compared with whom, and that the feature that causes conversions is the one found."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from headwater.simulate import company, people, plan
from headwater.simulate.kinds import Kind
from headwater.simulate.people import NEVER
from headwater.statistics.causal import Limits
from headwater.statistics.feature_impact import SCHEMA, feature_impact

LIMITS = Limits(
    fewest_units=30,
    fewest_outcomes=10,
    least_propensity=0.05,
    largest_imbalance=0.25,
    quantile=1.959963984540054,
)
FEW = Limits(
    fewest_units=2,
    fewest_outcomes=1,
    least_propensity=0.0,
    largest_imbalance=99.0,
    quantile=1.959963984540054,
)


def persons(size: int, **columns: list) -> pa.Table:
    base = {
        "person_key": pa.array(range(size), pa.int64()),
        "is_mature": pa.array([True] * size, pa.bool_()),
    }
    return pa.table(base | columns)


def uses(*rows: tuple[int, str, str] | tuple[int, str, str, int]) -> pa.Table:
    """Person, feature, state and, unless it is 0, the count of uses before."""
    names = ("person_key", "feature_name", "use_state", "before_use_count")
    types = (pa.int64(), pa.string(), pa.string(), pa.int64())
    columns = list(zip(*((*row, 0)[:4] for row in rows), strict=True)) or [[], [], [], []]
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)], names
    )


def test_everybody_is_compared_or_left_out_for_a_reason() -> None:
    """0 used it before, 1 never could, 2 is immature, 3 had the outcome; 4, 5 adopt, 6, 7 not."""
    table = persons(
        8, paid=[True, True, True, None, True, False, False, False], before_days=[1] * 8
    ).set_column(1, "is_mature", pa.array([True, True, False, True, True, True, True, True]))
    told = uses(
        (5, "export", "adopted"),
        (4, "export", "adopted"),
        (0, "export", "before"),
        (1, "export", "unavailable"),
        (7, "share", "adopted"),
    )
    [row] = feature_impact(
        table, told, features=["export"], outcomes=["paid"], limits=LIMITS
    ).to_pylist()
    assert {name: row[name] for name in SCHEMA.names if name.endswith("_count")} == {
        "person_count": 8,
        "unavailable_count": 1,
        "used_before_count": 1,
        "immature_count": 1,
        "not_at_risk_count": 1,
        "adopter_count": 2,
        "other_count": 2,
        "trimmed_count": None,
        "effective_adopter_count": None,
        "effective_other_count": None,
    }
    assert (row["adopter_mean"], row["other_mean"], row["raw_difference"]) == (0.5, 0.0, 0.5)
    assert (row["evidence_grade"], row["not_adjusted_because"]) == ("raw", "too_few_adopters")
    assert row["adjusted_difference"] is None


def test_who_shows_nothing_before_is_not_taken_for_the_least_keen() -> None:
    """Keenness drives both; the count shows it, but of one in twenty it was not recorded."""
    dice = np.random.default_rng(5)
    keen = dice.normal(size=6_000)
    is_known = dice.random(len(keen)) > 0.05
    counts = np.where(is_known, np.rint(np.exp(2.2 + 0.6 * keen)), 0)
    adopts = dice.random(len(keen)) < 1 / (1 + np.exp(-keen))
    paid = dice.random(len(keen)) < 0.4 + 0.3 * np.tanh(keen)
    table = persons(len(keen), paid=paid.tolist(), before_shares=counts.astype(int).tolist())
    told = uses(*((int(number), "export", "adopted") for number in np.flatnonzero(adopts)))
    (row,) = feature_impact(
        table, told, features=["export"], outcomes=["paid"], limits=LIMITS
    ).to_pylist()
    assert row["raw_low"] > 0.1
    assert row["adjusted_low"] < 0 < row["adjusted_high"]


def test_every_feature_has_every_outcome_even_without_anybody() -> None:
    rows = feature_impact(
        persons(0, paid=pa.array([], pa.bool_()), money=pa.array([], pa.float64())),
        uses(),
        features=["b", "a"],
        outcomes=["paid", "money"],
        limits=LIMITS,
    )
    names = ("feature_name", "outcome_name", "evidence_grade", "raw_difference", "adopter_mean")
    assert [tuple(row[name] for name in names) for row in rows.to_pylist()] == [
        (feature, outcome, "none", None, None) for feature in "ba" for outcome in ("paid", "money")
    ]


@pytest.mark.parametrize("text", [pa.string(), pa.large_string()])
def test_what_people_were_like_is_adjusted_for(text: pa.DataType) -> None:
    """Of the web 8 of 10 pay, adopters or not; of phones, and where nobody knows, it is 1 of 5.

    Raw, 26 of 40 adopters and 15 of 45 others pay; within each platform nothing differs.
    """
    cells = (
        ("web", True, 24, 6),
        ("web", False, 8, 2),
        ("ios", True, 1, 4),
        ("ios", False, 5, 20),
        (None, True, 1, 4),
        (None, False, 2, 8),
    )
    platform, adopts, paid = [], [], []
    for name, adopted, yes, no in cells:
        platform += [name] * 4 * (yes + no)
        adopts += [adopted] * 4 * (yes + no)
        paid += [True] * 4 * yes + [False] * 4 * no
    size = len(paid)
    order = np.random.default_rng(1).permutation(size)
    table = persons(
        size, paid=paid, before_platform=pa.array(platform, text), before_days=[3] * size
    ).take(order)
    told = uses(*((key, "export", "adopted") for key in range(size) if adopts[key]))
    [row] = feature_impact(
        table, told, features=["export"], outcomes=["paid"], limits=LIMITS
    ).to_pylist()
    assert row["raw_difference"] == pytest.approx(26 / 40 - 15 / 45)
    assert (row["evidence_grade"], row["not_adjusted_because"]) == ("adjusted", None)
    assert row["raw_low"] > 0.2
    assert row["adjusted_low"] < 0.0 < row["adjusted_high"]
    assert abs(row["adjusted_difference"]) < 0.05
    assert row["imbalance_after"] < 0.2 < row["imbalance_before"]


def test_other_features_that_people_had_used_are_adjusted_for() -> None:
    """Who had shared twice adopts and pays in 3 of 4 cases, others in 1 of 4, unrelatedly."""
    cells = ((2, True, 27, 9), (2, False, 9, 3), (0, True, 3, 9), (0, False, 9, 27))
    shares, adopts, paid = [], [], []
    for count, adopted, yes, no in cells:
        shares += [count] * 4 * (yes + no)
        adopts += [adopted] * 4 * (yes + no)
        paid += [True] * 4 * yes + [False] * 4 * no
    told = uses(
        *((key, "export", "adopted") for key in range(len(paid)) if adopts[key]),
        *((key, "share", "before", count) for key, count in enumerate(shares) if count),
    )
    table = persons(len(paid), paid=paid)
    [row] = feature_impact(
        table, told, features=["export"], outcomes=["paid"], limits=LIMITS
    ).to_pylist()
    assert row["evidence_grade"] == "adjusted"
    assert row["raw_low"] > 0.1
    assert abs(row["adjusted_difference"]) < 0.05
    assert row["imbalance_after"] < 0.2 < row["imbalance_before"]


def test_a_decimal_outcome_is_a_number() -> None:
    money = pa.array([10, 12, 1, 3]).cast(pa.decimal128(28, 6))
    told = uses((0, "export", "adopted"), (1, "export", "adopted"))
    [row] = feature_impact(
        persons(4, money=money), told, features=["export"], outcomes=["money"], limits=FEW
    ).to_pylist()
    assert (row["adopter_mean"], row["raw_difference"]) == (11.0, 9.0)
    assert row["adjusted_difference"] == pytest.approx(9.0)


def trials(seed: int) -> tuple[pa.Table, pa.Table]:
    """A year's trials as the warehouse would see them, were each act recorded: no dbt needed."""
    rng = np.random.default_rng(seed)
    traffic = np.ones(300)
    births = rng.poisson(company.NEW_PER_DAY * 0.02, 300)
    crowd = people.draw(300, births, 0.02, rng)
    planned = plan.draw(crowd, traffic * 4, 0.02, rng)
    deals, visits = planned.deals, planned.visits
    trial = np.flatnonzero(deals.path >= 0)
    person, start, paid = deals.person[trial], deals.start_day[trial], deals.paid_day[trial]
    shares = np.bincount(visits.person[visits.kind == Kind.SHARE], minlength=len(crowd))
    first = np.full((len(crowd), len(company.FEATURES)), NEVER)
    used = visits.kind == Kind.FEATURE
    np.minimum.at(first, (visits.person[used], visits.detail[used]), visits.day[used])
    table = pa.table(
        {
            "person_key": person,
            "is_mature": np.ones(len(trial), bool),
            "paid": pa.array(paid < NEVER, mask=paid < start + 10),
            "before_uses": shares[person],
        }
    )
    told = [
        (int(key), company.FEATURES[feature], "before" if day < since + 1 else "adopted")
        for feature in (company.CAUSAL_FEATURE, company.CORRELATED_FEATURE)
        for key, day, since in zip(person, first[person, feature], start, strict=True)
        if day < since + 10
    ]
    return table, uses(*told)


def test_the_feature_that_causes_conversions_is_found_and_the_other_is_not() -> None:
    """Of 12 companies at least 10 intervals cover the truth; fewer happen once in 50."""
    features = [company.FEATURES[i] for i in (company.CAUSAL_FEATURE, company.CORRELATED_FEATURE)]
    found = [
        feature_impact(*trials(seed), features=features, outcomes=["paid"], limits=LIMITS)
        for seed in range(12)
    ]
    causal, correlated = zip(*(table.to_pylist() for table in found), strict=True)
    lift = company.CAUSAL_CONVERSION_LIFT
    assert all(row["evidence_grade"] == "adjusted" for row in (*causal, *correlated))
    assert sum(row["adjusted_low"] > 0 for row in causal) >= 11
    assert sum(row["adjusted_low"] <= lift <= row["adjusted_high"] for row in causal) >= 10
    assert sum(row["adjusted_low"] <= 0 <= row["adjusted_high"] for row in correlated) >= 10
    assert sum(row["raw_low"] > 0 for row in correlated) >= 8
