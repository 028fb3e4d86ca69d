"""Whose data it is: identifiers that a request names, and all others of the same person."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from headwater.landing.contract import IDENTIFIER_TYPES, Table
from headwater.sql import quote

DEMO_SALT = "demo-salt"  # as in macros/hashed.sql
# Prefixes that staging takes off an id.
PREFIX = r"^(\$device:|gid://shopify/[A-Za-z]+/)"
# A shorter identifier may stand in a text by chance: it is looked for in columns of its own alone.
LONG_TEXT, LONG_NUMBER = 6, 12
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


class ErasureError(ValueError):
    """Nobody was erased; the message says why and what to do."""


@dataclass(frozen=True, order=True)
class Identifier:
    """One id as `marts.person_identifiers` shows it; an e-mail address may stand in clear.

    `source` is set for devices alone, since a device id means something within its tool only.
    """

    type: str
    value: str
    source: str = ""

    @classmethod
    def parse(cls, text: str) -> Identifier:
        """An identifier as people write it: `email=…`, `user=…`, `device=<source>:…`.

        Raises:
            ErasureError: the type is unknown, or the value or a device's source is missing.
        """
        kind, _, value = text.strip().partition("=")
        source = ""
        if kind == "device":
            source, _, value = value.partition(":")
        if kind not in IDENTIFIER_TYPES or not value or (kind == "device" and not source):
            known = ", ".join(IDENTIFIER_TYPES)
            raise ErasureError(
                f"expected type=value with a type of {known}, and device=<source>:<id>: one of the"
                " arguments is not of this form."  # not repeated: it may be personal
            )
        return cls(kind, value, source)


@dataclass
class Person:
    """Everything that one or several people are known by, and the name that takes its place.

    Attributes:
        names: by identifier, with e-mail addresses in clear, the pseudonym for what must be kept.
        email_hashes: of the addresses, salted, as the warehouse has them.
    """

    names: dict[Identifier, str] = field(default_factory=dict)
    email_hashes: set[str] = field(default_factory=set)

    def add(self, identifiers: Iterable[Identifier]) -> None:
        """Take more identifiers in."""
        for one in sorted(identifiers):
            value = one.value.strip().lower() if one.type == "email" else one.value
            identifier = Identifier(one.type, value, one.source)
            self.names.setdefault(identifier, f"erased-{secrets.token_hex(8)}")

    def values(self, table: Table, kinds: Iterable[str]) -> dict[str, str]:
        """What may stand in a column of a table that holds these types, with its pseudonym."""
        return {
            identifier.value: name
            for identifier, name in self.names.items()
            if identifier.type in kinds and identifier.source in ("", table.source)
        }

    @property
    def pattern(self) -> str | None:
        """A regular expression (RE2) for the identifiers within a text; None if none is long."""
        texts = {
            text
            for identifier in self.names
            for text in (identifier.value, identifier.value.replace("@", "%40"))
            if len(text) >= (LONG_NUMBER if text.isdigit() else LONG_TEXT)
        }
        if not texts:
            return None
        longest_first = sorted(texts, key=lambda text: (-len(text), text))
        either = "|".join(PUNCTUATION.sub(r"\\\1", text) for text in longest_first)
        return rf"(?i)(^|[^A-Za-z0-9_-])({either})($|[^A-Za-z0-9_-])"


# The macros `hashed` and `identifier_key`, for statements that run without dbt, and the hash that
# stays of whom was erased: tests/singular/assert_nobody_who_was_erased_is_known.sql has it too.
MACROS = """
create or replace temp macro hashed(value) as md5({salt} || lower(trim(value)));
create or replace temp macro as_known(kind, value) as
    case kind when 'email' then hashed(value) else value end;
create or replace temp macro key_of(kind, source, value) as
    cast('0x' || left(md5(kind || '|' || source || '|' || as_known(kind, value)), 15) as bigint);
create or replace temp macro erased(kind, source, value) as
    hashed('erased ' || cast(key_of(kind, source, value) as varchar));
"""


def salt_of_hashes() -> str:
    """The salt in the environment, or the demo's.

    Raises:
        ErasureError: it is empty, with which dbt builds nothing.
    """
    salt = os.environ.get("HEADWATER_SALT", DEMO_SALT)
    if not salt.strip():
        raise ErasureError(
            "HEADWATER_SALT is empty: set the one that the warehouse was built with."
        )
    return salt


def with_macros(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection that can hash as the warehouse does."""
    connection.execute(MACROS.format(salt=quote(salt_of_hashes())))
    return connection


def known_identifiers(warehouse: Path, asked: Iterable[Identifier]) -> list[Identifier]:
    """All identifiers of the people that these belong to; e-mail addresses as their hashes.

    Args:
        warehouse: what dbt built; its map of people is read.
        asked: with e-mail addresses in clear.

    Raises:
        ErasureError: there is no map, or the file cannot be read.
    """
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            with_macros(connection)
            rows = [(one.type, one.source, one.value) for one in asked]
            connection.execute("create temp table asked (kind varchar, src varchar, val varchar)")
            if rows:
                connection.executemany("insert into asked values (?, ?, ?)", rows)
            found = connection.execute(
                """
                select distinct identifier_type, identifier_value, coalesce(source_name, '')
                from intermediate.int_person_identifiers
                where person_id in (
                    select person_id
                    from intermediate.int_person_identifiers
                    where identifier_key in (select key_of(kind, src, val) from asked)
                )
                """
            ).fetchall()
    except duckdb.Error as error:
        raise ErasureError(
            f"{warehouse} cannot say who belongs together: run `headwater build` first. {error}"
        ) from error
    return [Identifier(*row) for row in found]


def email_hashes(addresses: Iterable[str]) -> list[str]:
    """Salted hashes of e-mail addresses, as staging has them."""
    with duckdb.connect() as connection:
        with_macros(connection)
        found = [connection.execute("select hashed(?)", [one]).fetchall() for one in addresses]
    return [value for ((value,),) in found]


def hashes_of(identifiers: Iterable[Identifier]) -> list[tuple[str, str]]:
    """Type and salted hash of each identifier, which says of a value whether it was erased."""
    with duckdb.connect() as connection:
        with_macros(connection)
        statement = "select $1, erased($1, $2, $3)"
        found = [
            connection.execute(statement, [one.type, one.source, one.value]).fetchall()
            for one in identifiers
        ]
    return [row for (row,) in found]


def come_back(root: Path, tables: Iterable[Table], erased: Iterable[str]) -> list[Identifier]:
    """Identifiers in the landing zone that were erased once.

    Args:
        root: landing root.
        tables: of the contract.
        erased: salted hashes, as hashes_of gives them.
    """
    found: set[Identifier] = set()
    with duckdb.connect() as connection:
        with_macros(connection)
        connection.execute("create temp table erased_hashes (hash varchar)")
        rows = [[value] for value in erased]
        if rows:
            connection.executemany("insert into erased_hashes values (?)", rows)
        for table in tables:
            files = quote(str(root / table.source / table.name / "**" / "*.parquet"))
            for column in table.columns:
                for kind in column.identifies:
                    source = table.source if kind == "device" else ""
                    values = connection.execute(
                        f"""
                        with landed as (
                            select distinct
                                regexp_replace("{column.name}", {quote(PREFIX)}, '') as value
                            from read_parquet({files}, union_by_name = true)
                        )
                        select value from landed
                        where erased('{kind}', '{source}', value) in (from erased_hashes)
                        """
                    ).fetchall()
                    found |= {Identifier(kind, value, source) for (value,) in values}
    return sorted(found)
