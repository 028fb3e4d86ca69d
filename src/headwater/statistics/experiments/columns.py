"""Columns of data frames as arrays and back; what is missing is NaN inside and null outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
Column = npt.NDArray[Any] | ExtensionArray


def require(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise ValueError, naming them, if columns are missing."""
    missing = [name for name in names if name not in frame]
    if missing:
        raise ValueError(f"columns are missing: {', '.join(missing)}")


def numbers(frame: pd.DataFrame, name: str) -> Floats:
    """NaN where a value is missing, or the whole column; shape (rows,)."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    column = pd.to_numeric(frame[name])
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def flags(frame: pd.DataFrame, name: str, *, default: bool) -> Flags:
    """The default where a value is missing, or the whole column; shape (rows,)."""
    if name not in frame:
        return np.full(len(frame), default)
    column = texts(frame, name)
    return np.where(pd.isna(column), default, column).astype(np.bool_)


def texts(frame: pd.DataFrame, name: str) -> Texts:
    """None where a value is missing, or the whole column; shape (rows,)."""
    if name not in frame:
        return np.full(len(frame), None, dtype=object)
    column = frame[name].to_numpy(dtype=object, copy=True)
    column[pd.isna(column)] = None
    return column


def groups(frame: pd.DataFrame, keys: Sequence[str]) -> tuple[Integers, Integers]:
    """The number of each row's group, from 0 in order of appearance, and each group's first row."""
    number = frame.groupby(list(keys), dropna=False, sort=False).ngroup().to_numpy(dtype=np.int64)
    _, first = np.unique(number, return_index=True)
    return np.asarray(number), first.astype(np.int64)


def total(values: npt.NDArray[Any], number: Integers, count: int) -> Floats:
    """Sums by group; shape (count,)."""
    return np.bincount(number, weights=values, minlength=count).astype(np.float64)


def keys_of(frame: pd.DataFrame, keys: Sequence[str], rows: Integers) -> dict[str, Column]:
    """Key columns of some rows, with the types that they have."""
    taken = frame[list(keys)].take(rows)
    return {name: taken[name].array for name in keys}


def counts(values: Floats) -> Column:
    """Whole numbers, null where NaN."""
    is_missing = ~np.isfinite(values)
    return pd.arrays.IntegerArray(np.where(is_missing, 0, values).astype(np.int64), is_missing)


def verdicts(values: Flags, is_known: Flags) -> Column:
    """True or false, null where not known."""
    return pd.arrays.BooleanArray(values & is_known, ~is_known)


def as_frame(columns: Mapping[str, Column]) -> pd.DataFrame:
    """A frame in which no number is NaN or infinite: those are null (`Float64`, `Int64`)."""
    return pd.DataFrame({name: _nullable(values) for name, values in columns.items()})


def _nullable(values: Column) -> Column:
    if not isinstance(values, np.ndarray):
        return values
    if values.dtype.kind == "f":
        is_missing = ~np.isfinite(values)
        return pd.arrays.FloatingArray(np.where(is_missing, 0.0, values), is_missing)
    return pd.array(values, dtype="str" if values.dtype.kind in "OU" else None)
