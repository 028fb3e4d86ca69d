"""Segments are found where they were planted, and confirmed by people who were not searched."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from headwater.statistics.discovery import COUNTS, LARGEST_TREE, SMALLEST_SHARE, discover

PEOPLE = 20_000
ATTRIBUTES = {"platform": ["ios", "web"], "country": ["DE", "FR", "US"], "plan": ["Free", "Paid"]}


def company(effect: float, seed: int, outcome: str = "buy") -> pa.Table:
    """People of a company of whom 20 % convert, and Germans on iOS by `effect` more."""
    draw = np.random.default_rng(seed)
    columns = {name: draw.choice(values, PEOPLE) for name, values in ATTRIBUTES.items()}
    is_lifted = (columns["platform"] == "ios") & (columns["country"] == "DE")
    success = draw.random(PEOPLE) < 0.2 + effect * is_lifted
    people = pa.table(columns | {"is_held_out": draw.random(PEOPLE) < 0.2, "success": success})
    people = people.append_column("one", pa.array(np.ones(PEOPLE, np.int64)))
    counted = people.group_by([*ATTRIBUTES, "is_held_out"]).aggregate(
        [("one", "sum"), ("success", "sum")]
    )
    return pa.table(
        {name: counted[name] for name in ATTRIBUTES}
        | {
            "outcome_name": [outcome] * counted.num_rows,
            "is_held_out": counted["is_held_out"],
            "unit_count": counted["one_sum"],
            "success_count": counted["success_sum"].cast(pa.int64()),
        }
    )


def test_a_planted_segment_is_found_and_confirmed() -> None:
    """Of twenty 95 % intervals one misses; four or more do in one of 60 times."""
    found = [discover(company(0.15, seed)).to_pylist() for seed in range(20)]
    best = [max(rows, key=lambda row: row["difference"]) for rows in found]
    for row in best:
        assert set(row["rule"].split(" and ")) == {"platform = ios", "country = DE"}
        assert (row["is_confirmed"], row["attribute_count"]) == (True, 2)
    assert sum(row["difference_low"] < 0.15 < row["difference_high"] for row in best) >= 17


def test_what_is_not_there_is_hardly_ever_found() -> None:
    """The search finds something in at most one company in twenty, and held-out people deny it."""
    companies = [discover(company(0.0, seed)).to_pylist() for seed in range(40)]
    assert sum(bool(rows) for rows in companies) <= 6
    assert sum(any(row["is_confirmed"] for row in rows) for rows in companies) <= 1


def test_groups_are_apart_and_leave_nobody_out() -> None:
    counts = company(0.1, seed=3)
    found = discover(counts)
    held_out = counts.filter(counts["is_held_out"])
    assert 2 <= found.num_rows <= LARGEST_TREE
    assert sum(found["unit_count"].to_pylist()) == sum(held_out["unit_count"].to_pylist())
    assert sum(found["found_unit_count"].to_pylist()) == PEOPLE - sum(
        held_out["unit_count"].to_pylist()
    )
    assert min(found["found_unit_count"].to_pylist()) >= SMALLEST_SHARE * PEOPLE * 0.75


def test_each_outcome_is_searched_alone() -> None:
    both = pa.concat_tables([company(0.2, 1, "buy"), company(0.3, 2, "stay")])
    found = discover(both).to_pylist()
    assert [row for row in found if row["outcome_name"] == "buy"] == discover(
        company(0.2, 1, "buy")
    ).to_pylist()
    assert {row["outcome_name"] for row in found} == {"buy", "stay"}


@pytest.mark.parametrize("kept", ["nobody", "converts", "differs"])
def test_where_nothing_separates_there_are_no_rows(kept: str) -> None:
    counts = company(0.1, seed=4)
    if kept == "nobody":
        counts = counts.slice(0, 0)
    elif kept == "converts":
        index = counts.column_names.index("success_count")
        counts = counts.set_column(index, "success_count", counts["unit_count"])
    else:
        counts = counts.select(COUNTS)
    assert discover(counts).num_rows == 0
