"""Who belongs together by the marts, against who truly does."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

Tables = duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def tables(company: Path, company_warehouse: Path) -> Tables:
    """Truth and finding side by side: one row an identifier.

    An identifier truly belongs to who used it: a device to its owner, which on a shared browser is
    the host. Only identifiers that somebody was seen with while logged in can be linked at all.
    """
    connection = duckdb.connect()
    connection.execute(f"attach '{company_warehouse}' as built (read_only)")
    connection.execute(
        f"""
        create table persons as select * from '{company}/truth/persons.parquet';
        create table seen as
        select source_name, device_id, user_id, email_hash
        from built.intermediate.int_events
        where user_id is not null and source_name != 'shopify';
        create table told as
        select 'user' as type, null as source_name, user_id as value, user_id from seen
        union
        select 'email', null, email_hash, user_id from seen where email_hash is not null
        union
        select 'device', source_name, device_id, user_id from seen where device_id is not null;
        create table owners as
        select
            type,
            source_name,
            value,
            count(distinct person) > 1 as is_shared,
            coalesce(min(person) filter (where person in (select shares_browser_with from persons)),
                min(person)) as person
        from told
        inner join persons using (user_id)
        group by all;
        create table linked as
        select owners.*, found.person_id, found.held_back_because
        from owners
        inner join built.marts.person_identifiers as found
            on
                owners.type = found.identifier_type
                and owners.source_name is not distinct from found.source_name
                and owners.value = found.identifier_value
        """
    )
    return connection


def pairs(tables: Tables, *columns: str) -> int:
    """Pairs of identifiers that agree in these columns."""
    return int(
        tables.execute(
            f"""
            select sum(size * (size - 1)) // 2
            from (select count(*) as size from linked group by {", ".join(columns)})
            """
        ).fetchall()[0][0]
    )


def test_every_identifier_of_a_login_is_found(tables: Tables) -> None:
    ((told, found),) = tables.execute(
        "select (select count(*) from owners), (select count(*) from linked)"
    ).fetchall()
    assert told == found > 5_000


def test_pairs_are_right_and_nearly_all_are_found(tables: Tables) -> None:
    right = pairs(tables, "person", "person_id")
    assert right / pairs(tables, "person_id") >= 0.999
    assert right / pairs(tables, "person") >= 0.99


def test_each_pair_that_is_missed_has_a_shared_device_in_it(tables: Tables) -> None:
    ((missed, unexplained),) = tables.execute(
        """
        select count(*), count(*) filter (not one.is_shared and not two.is_shared)
        from linked as one
        inner join linked as two
            on
                one.person = two.person
                and (one.type, coalesce(one.source_name, ''), one.value)
                < (two.type, coalesce(two.source_name, ''), two.value)
                and one.person_id != two.person_id
        """
    ).fetchall()
    assert missed > 0, "shared devices are planted, and each costs pairs"
    assert unexplained == 0


def test_shared_devices_are_the_planted_ones(tables: Tables) -> None:
    wrong = tables.execute(
        """
        select type, source_name, value
        from linked
        where is_shared != coalesce(held_back_because = 'shared_device' and type = 'device', false)
        """
    ).fetchall()
    assert wrong == []


def test_who_cleared_a_browser_is_one_person_once_logged_in_again(tables: Tables) -> None:
    rows = tables.execute(
        """
        select count(distinct linked.person_id)
        from linked
        inner join persons on linked.person = persons.person
        where
            linked.type = 'device'
            and linked.source_name = 'amplitude'
            and not linked.is_shared
            and persons.cleared_storage_day between 3 and 30
            and persons.shares_browser_with < 0
        group by linked.person
        having count(*) > 1
        """
    ).fetchall()
    assert len(rows) > 10
    assert set(rows) == {(1,)}
