"""Texts and names as SQL writes them."""

from __future__ import annotations


def quote(text: str) -> str:
    """A SQL string."""
    return "'" + text.replace("'", "''") + "'"


def ident(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
