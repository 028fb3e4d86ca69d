"""Removal effects and Shapley values: by hand, by removing channels, by all orders, at edges."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pyarrow as pa
import pytest

from headwater.statistics.attribution import (
    SCHEMA,
    Paths,
    channel_effects,
    read_paths,
    removal_effects,
    shapley_values,
)

SEEDS = range(60)


def table(*rows: tuple[str, int, int], kind: str = "trial") -> pa.Table:
    path, conversions, nulls = zip(*rows, strict=True)
    return pa.table(
        {
            "conversion_kind": [kind] * len(rows),
            "path": path,
            "conversion_count": conversions,
            "null_count": nulls,
        }
    )


def drawn(seed: int, channels: int = 4) -> list[tuple[tuple[int, ...], int, int]]:
    """Up to eight distinct paths with counts, one of which leads to a conversion."""
    draw = np.random.default_rng(seed)
    paths = {
        tuple(int(step) for step in draw.integers(0, channels, draw.integers(1, 6)))
        for _ in range(draw.integers(1, 9))
    }
    counts = draw.integers(0, 6, (len(paths), 2))
    counts[0, 0] += 1
    return [(path, int(c), int(n)) for path, (c, n) in zip(sorted(paths), counts, strict=True)]


def paths_of(rows: list[tuple[tuple[int, ...], int, int]]) -> Paths:
    return Paths(
        channel=np.array([step for path, _, _ in rows for step in path], dtype=np.int64),
        path=np.repeat(np.arange(len(rows)), [len(path) for path, _, _ in rows]),
        conversions=np.array([count for _, count, _ in rows], dtype=np.float64),
        nulls=np.array([count for _, _, count in rows], dtype=np.float64),
    )


def chance_without(rows: list[tuple[tuple[int, ...], int, int]], gone: int | None) -> float:
    """Chance to convert, going on in the chain until nothing is left; who comes to `gone` ends."""
    moves: dict[object, dict[object, int]] = {}
    for path, conversions, nulls in rows:
        steps = ("start", *path)
        for one, other in pairwise(steps):
            moves.setdefault(one, {}).setdefault(other, 0)
            moves[one][other] += conversions + nulls
        for end, count in (("won", conversions), ("lost", nulls)):
            moves.setdefault(steps[-1], {}).setdefault(end, 0)
            moves[steps[-1]][end] += count
    there, won = {"start": 1.0}, 0.0
    for _ in range(2000):
        after: dict[object, float] = {}
        for state, chance in there.items():
            total = sum(moves[state].values())
            for other, count in moves[state].items():
                if count and other != gone:
                    after[other] = after.get(other, 0.0) + chance * count / total
        won += after.pop("won", 0.0)
        after.pop("lost", None)
        there = after
    return won


def test_the_chain_is_solved_as_by_hand() -> None:
    """A > B converts 1 of 2; A alone 0 of 1; B alone 1 of 1.

    From the start, 3/4 go to A and 1/4 to B; from A, 2/3 to B and 1/3 nowhere; from B, 2/3
    convert. All in all 3/4 * 2/3 * 2/3 + 1/4 * 2/3 = 1/2. Without A it is 1/6, without B 0.
    """
    rows = [((0, 1), 1, 1), ((0,), 0, 1), ((1,), 1, 0)]
    assert removal_effects(paths_of(rows)) == pytest.approx([1 - (1 / 6) / (1 / 2), 1])


def test_a_loop_changes_nothing() -> None:
    plain = [((0, 1), 2, 1), ((1,), 1, 3)]
    looped = [((0, 0, 1, 1), 2, 1), ((1, 1), 1, 3)]
    assert removal_effects(paths_of(looped)) == pytest.approx(removal_effects(paths_of(plain)))


def test_values_are_shared_as_by_hand() -> None:
    """3 for A alone, 4 for A with B in any order, 6 for all three: A 3 + 2 + 2, B 2 + 2, C 2."""
    rows = [((0,), 3, 9), ((0, 1, 0), 1, 0), ((1, 0), 3, 0), ((0, 1, 2), 6, 1), ((2,), 0, 7)]
    assert shapley_values(paths_of(rows)) == pytest.approx([7, 4, 2])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_removal_effect_is_what_removing_a_channel_does(seed: int) -> None:
    rows = drawn(seed)
    paths = paths_of(rows)
    whole = chance_without(rows, None)
    assert whole == pytest.approx(paths.conversions.sum() / (paths.conversions + paths.nulls).sum())
    removed = [1 - chance_without(rows, gone) / whole for gone in range(paths.channel.max() + 1)]
    assert removal_effects(paths) == pytest.approx(removed, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_value_is_the_average_of_what_a_channel_adds_in_every_order(seed: int) -> None:
    rows = drawn(seed)
    count = max(step for path, _, _ in rows for step in path) + 1
    added = np.zeros(count)
    orders = list(permutations(range(count)))
    for order in orders:
        present: set[int] = set()
        for channel in order:
            before = sum(c for path, c, _ in rows if set(path) <= present)
            present.add(channel)
            added[channel] += sum(c for path, c, _ in rows if set(path) <= present) - before
    assert shapley_values(paths_of(rows)) == pytest.approx(added / len(orders))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_holds_of_every_set_of_paths(seed: int) -> None:
    """Values add up; names, order of paths, and counts in another unit change nothing."""
    rows = drawn(seed)
    paths = paths_of(rows)
    removal, values = removal_effects(paths), shapley_values(paths)
    assert values.sum() == pytest.approx(paths.conversions.sum())
    assert ((removal >= -1e-12) & (removal <= 1 + 1e-12)).all()
    draw = np.random.default_rng(seed)
    renamed = draw.permutation(len(values))
    other = [(tuple(int(renamed[s]) for s in path), 7 * c, 7 * n) for path, c, n in rows]
    other = [other[i] for i in draw.permutation(len(other))]
    if max(step for path, _, _ in other for step in path) + 1 == len(values):
        assert removal_effects(paths_of(other))[renamed] == pytest.approx(removal, abs=1e-9)
        assert shapley_values(paths_of(other))[renamed] == pytest.approx(7 * values)


def test_who_comes_by_one_channel_alone_needs_it() -> None:
    paths = paths_of([((0,), 5, 95)])
    assert (removal_effects(paths), shapley_values(paths)) == (pytest.approx([1]), [5])


def test_without_conversions_nothing_has_an_effect() -> None:
    paths = paths_of([((0, 1), 0, 5), ((1,), 0, 2)])
    assert list(removal_effects(paths)) == [0, 0]
    assert list(shapley_values(paths)) == [0, 0]


def test_a_path_that_nobody_took_does_nothing() -> None:
    with_it = removal_effects(paths_of([((0,), 1, 1), ((0, 1), 0, 0), ((1,), 2, 1)]))
    without = removal_effects(paths_of([((0,), 1, 1), ((1,), 2, 1)]))
    assert with_it == pytest.approx(without)
    assert removal_effects(paths_of([((0,), 1, 0), ((1,), 0, 0)])) == pytest.approx([1, 0])


def test_channels_are_read_by_name_and_kind() -> None:
    rows = [("Email > Direct", 1, 1), ("Direct", 2, 4)]
    channels, paths = read_paths(table(*rows))
    assert channels.to_pylist() == ["Direct", "Email"]
    assert (list(paths.channel), list(paths.path)) == ([1, 0, 0], [0, 0, 1])
    effects = channel_effects(
        pa.concat_tables([table(*rows, kind="trial"), table(("Email", 0, 3), kind="paid")])
    ).to_pylist()
    assert [(row["conversion_kind"], row["channel_group"]) for row in effects] == [
        ("paid", "Email"),
        ("trial", "Direct"),
        ("trial", "Email"),
    ]
    assert [row["shapley_conversions"] for row in effects] == [0, 2.5, 0.5]
    assert [row["markov_conversions"] for row in effects] == pytest.approx([0, 2.4, 0.6])
    assert [row["removal_effect"] for row in effects] == pytest.approx([0, 1, 0.25])


def test_the_order_of_rows_does_not_matter_to_the_last_bit() -> None:
    draw = np.random.default_rng(5)
    names = [" > ".join(draw.choice(list("abcdef"), size)) for size in draw.integers(1, 9, 200)]
    counts = draw.integers(0, 9, (len(set(names)), 2))
    rows = [(name, int(c), int(n)) for name, (c, n) in zip(sorted(set(names)), counts, strict=True)]
    mixed = [rows[i] for i in draw.permutation(len(rows))]
    assert channel_effects(table(*rows)).equals(channel_effects(table(*mixed)))


def test_no_paths_are_no_error() -> None:
    none = table(("a", 1, 1)).slice(0, 0)
    assert channel_effects(none).equals(SCHEMA.empty_table())
    empty = paths_of([])
    assert (len(removal_effects(empty)), len(shapley_values(empty))) == (0, 0)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"conversions": np.array([-1.0, 1.0])}, "conversions must be finite and not below 0"),
        ({"nulls": np.array([1.0, np.inf])}, "nulls must be finite"),
        ({"nulls": np.array([1.0])}, "path must count up from 0"),
        ({"path": np.array([0, 1, 0])}, "path must count up from 0"),
        ({"path": np.array([0, 0, 2])}, "path must count up from 0"),
        ({"channel": np.array([0, 1])}, "channel must hold a number"),
        ({"channel": np.array([0, 1, -1])}, "channel must hold a number"),
    ],
)
def test_paths_that_are_none_are_refused(changed: dict[str, np.ndarray], complaint: str) -> None:
    given = {
        "channel": np.array([0, 1, 0]),
        "path": np.array([0, 0, 1]),
        "conversions": np.array([1.0, 1.0]),
        "nulls": np.array([1.0, 1.0]),
    }
    Paths(**given)
    with pytest.raises(ValueError, match=complaint):
        Paths(**(given | changed))
