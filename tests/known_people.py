"""The tables of a warehouse that an erasure reads: a build that ended, and a map of people."""

from __future__ import annotations


def known_people(*rows: str) -> str:
    """SQL that makes them, for a connection with the macros of `headwater.privacy.people`.

    Each row is a tuple in SQL: person_id, identifier_type, identifier_value, source_name, and the
    value that was hashed.
    """
    return f"""
    create schema state; create schema intermediate;
    create table state.runs as
    select
        'build' as command, true as is_whole, now() at time zone 'UTC' as started_at, 1 as ended_at;
    create table state.node_runs as select 1 as node;
    create table intermediate.int_person_identifiers as
    select
        person_id, identifier_type, identifier_value, cast(source_name as varchar) as source_name,
        key_of(identifier_type, coalesce(source_name, ''), clear_value) as identifier_key
    from (values {", ".join(rows)}) as known (
        person_id, identifier_type, identifier_value, source_name, clear_value
    )
    """
