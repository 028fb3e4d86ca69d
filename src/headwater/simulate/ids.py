"""Stable identifiers from integers: the same person, tool and seed always give the same text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.integer]
Words = npt.NDArray[np.uint64]

_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), dtype="S2")


def mix(values: Ints, salt: int) -> Words:
    """Scramble integers to 64 bits that look random (splitmix64's finaliser).

    Args:
        values: shape (n,), any integer type.
        salt: tells one use of the same values from another.

    Source: Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators, figure 17.
    """
    word = values.astype(np.uint64) + np.uint64((salt * 0x9E3779B97F4A7C15 + 1) % 2**64)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def uniform(values: Ints, salt: int) -> npt.NDArray[np.float64]:
    """Numbers in [0, 1) that depend only on the values and the salt, shape (n,)."""
    return (mix(values, salt) >> np.uint64(11)).astype(np.float64) / 2**53


def hex_text(*words: Words) -> pa.Array:
    """Hexadecimal text, 16 characters a word, the words of a row side by side; shape (n,)."""
    stacked = np.stack([word.astype(">u8") for word in words], axis=1)
    text = _HEX[stacked.view(np.uint8)].view(f"S{16 * len(words)}").reshape(-1)
    return pa.array(text).cast(pa.string())


def fixed_text(prefix: str, numbers: Ints) -> pa.Array:
    """`prefix` followed by each number in decimal; shape (n,)."""
    return join(prefix, pa.array(numbers).cast(pa.string()))


def join(*parts: str | pa.Array) -> pa.Array:
    """Texts side by side, row by row; a null part makes the row null."""
    columns = [pa.scalar(part) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*columns, "")
