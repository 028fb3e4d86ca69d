"""What each channel does for conversions, estimated from the paths that people take through them.

Here are the removal effect of a first-order Markov chain and the Shapley value of the sum game.
Rules that need no estimate, such as last touch, are SQL: int_attribution_weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array, csc_array, eye_array
from scipy.sparse.linalg import splu

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BETWEEN_STEPS = " > "

SCHEMA = pa.schema(
    [
        ("conversion_kind", pa.string()),
        ("channel_group", pa.string()),
        ("removal_effect", pa.float64()),
        ("markov_conversions", pa.float64()),
        ("shapley_conversions", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Paths:
    """Distinct paths and how often each was taken.

    `channel` and `path`, shape (steps,): the channel of each step, from 0, and the path that it is
    a step of, from 0; a path's steps stand together and in order, and every path has one.
    `conversions` and `nulls`, shape (paths,), in persons: how often a path led to a conversion and
    how often it led nowhere.
    """

    channel: Ints
    path: Ints
    conversions: Floats
    nulls: Floats

    def __post_init__(self) -> None:
        for name, counts in (("conversions", self.conversions), ("nulls", self.nulls)):
            if not (np.isfinite(counts) & (counts >= 0)).all():
                raise ValueError(f"{name} must be finite and not below 0, got {counts.min()}")
        expected = np.arange(len(self.conversions))
        if len(self.nulls) != len(expected) or not np.array_equal(_heads(self.path), expected):
            raise ValueError("path must count up from 0, each number once for a count or more")
        if len(self.channel) != len(self.path) or (self.channel < 0).any():
            raise ValueError("channel must hold a number from 0 for every step")


def channel_effects(paths: pa.Table) -> pa.Table:
    """Effects of the channels on each kind of conversion, in order of kind and channel.

    `paths` has a row per kind and path: `conversion_kind`, `path`, its channels joined by ` > `,
    and `conversion_count` and `null_count`, in persons. Added up over the channels of a kind,
    `markov_conversions` and `shapley_conversions` are its conversions; where no channel has any
    effect, the first are 0. Raises ValueError if a count is below 0.
    """
    effects = [SCHEMA.empty_table()]
    for kind in sorted(set(paths["conversion_kind"].to_pylist())):
        of_kind = paths.filter(pc.equal(paths["conversion_kind"], kind)).sort_by("path")
        channels, read = read_paths(of_kind)
        removal, values = removal_effects(read), shapley_values(read)
        shared = read.conversions.sum() * removal / (removal.sum() or 1.0)
        columns = [[kind] * len(channels), channels, removal, shared, values]
        effects.append(pa.table(dict(zip(SCHEMA.names, columns, strict=True))).cast(SCHEMA))
    return pa.concat_tables(effects)


def read_paths(paths: pa.Table) -> tuple[pa.Array, Paths]:
    """Names of the channels, in order, shape (channels,), and the paths that are written with them.

    `paths` has `path`, `conversion_count` and `null_count`, as in `channel_effects`.
    """
    steps = pc.split_pattern(paths["path"].combine_chunks(), BETWEEN_STEPS)
    named = steps.flatten()
    channels = pc.unique(named).sort()
    return channels, Paths(
        channel=pc.index_in(named, channels).to_numpy().astype(np.int64),
        path=pc.list_parent_indices(steps).to_numpy().astype(np.int64),
        conversions=paths["conversion_count"].to_numpy().astype(np.float64),
        nulls=paths["null_count"].to_numpy().astype(np.float64),
    )


def removal_effects(paths: Paths) -> Floats:
    """Share of conversions that would be lost if everybody gave up who comes to a channel.

    The chain starts before the first step and ends in a conversion or nowhere. With N the expected
    visits to each channel, (I - Q)^-1, and x the chance to convert from it, the chance to convert
    by way of channel c is N[start, c] / N[c, c] * x[c]: one factorisation serves all channels.

    Returns:
        A number in [0, 1] for each channel, shape (channels,); 0 where nobody converts or comes.

    Source: Anderl, Becker, von Wangenheim, Schumann (2016), Mapping the customer journey, IJRM 33,
        section 3.2; Kemeny, Snell (1976), Finite Markov Chains, theorems 3.2.4, 3.3.7 and 3.5.8.
    """
    moves, ends = _chain(paths)
    solve = splu(csc_array(eye_array(len(ends)) - moves))
    converts = solve.solve(ends)
    start = np.zeros(len(ends))
    start[0] = 1.0
    visits = solve.solve(start, trans="T")
    returns = solve.solve(np.eye(len(ends))).diagonal()
    if converts[0] <= 0:
        return np.zeros(len(ends) - 1)
    return np.asarray((visits / returns * converts)[1:] / converts[0])


def shapley_values(paths: Paths) -> Floats:
    """Shapley value of each channel, where a set is worth the conversions that need no other.

    This game is the sum of one for each path, worth its conversions to whoever holds all its
    channels; there the channels share equally, and values of games add up. So the sum over paths is
    exact for any number of channels, without going through their 2^n sets. Order and repeats do
    not count, nor do paths without a conversion.

    Returns:
        Conversions of each channel, shape (channels,); they add up to all conversions.

    Source: Shapley (1953), A value for n-person games; Zhao, Mahboobi, Bagheri (2018), Shapley
        value methods for attribution modeling in online advertising, section 3.1.
    """
    count = _channel_count(paths)
    pairs = np.unique(paths.path * count + paths.channel)
    path, channel = pairs // max(count, 1), pairs % max(count, 1)
    shared = paths.conversions / np.bincount(path, minlength=len(paths.conversions))
    return np.asarray(np.bincount(channel, weights=shared[path], minlength=count), np.float64)


def _chain(paths: Paths) -> tuple[csc_array, Floats]:
    """Chances to move among start (0) and channels (from 1), and to convert from each, at once."""
    taken = paths.conversions + paths.nulls
    used = taken[paths.path] > 0
    path, state = paths.path[used], paths.channel[used] + 1
    is_first = np.diff(path, prepend=-1) != 0
    is_last = np.append(is_first[1:], True)[: len(path)]
    came_from = np.where(is_first, 0, np.roll(state, 1))
    size = _channel_count(paths) + 1
    moves = coo_array((taken[path], (came_from, state)), shape=(size, size)).tocsc()
    ended = np.bincount(state[is_last], weights=taken[path[is_last]], minlength=size)
    won = np.bincount(state[is_last], weights=paths.conversions[path[is_last]], minlength=size)
    left = np.asarray(moves.sum(axis=1)) + ended
    per_leaving = 1.0 / np.where(left > 0, left, 1.0)
    return moves.multiply(per_leaving[:, None]).tocsc(), won * per_leaving


def _channel_count(paths: Paths) -> int:
    return int(paths.channel.max(initial=-1)) + 1


def _heads(path: Ints) -> Ints:
    """The number of each run of equal numbers."""
    return path[np.flatnonzero(np.diff(path, prepend=-1))]
