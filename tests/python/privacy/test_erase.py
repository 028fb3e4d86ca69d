"""After an erasure and the next build, nothing of the person is left in any file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from headwater.cli import app
from headwater.landing.contract import Source, tables_of
from headwater.landing.write import initialise
from headwater.privacy.erase import Places, Receipt, erase
from headwater.privacy.people import ErasureError, Identifier, known_identifiers
from headwater.privacy.rewrite import Eraser
from headwater.publish.generations import Generations
from headwater.publish.publish import publish
from headwater.simulate.run import Settings, simulate
from tests.python.conftest import PROJECT, Dbt, query

SHORTEST = 6  # a shorter text, such as the CRM's number of a person, stands everywhere by chance
LOGS = {"DBT_LOG_LEVEL_FILE": "debug"}


@dataclass
class Company:
    """Twelve days of a small company, its warehouse, and somebody in it who is known everywhere."""

    dbt: Dbt
    contract: dict[str, Source]
    person: list[Identifier] = field(default_factory=list)
    needles: set[str] = field(default_factory=set)
    receipt: Receipt | None = None
    before: dict[str, object] = field(default_factory=dict)

    @property
    def places(self) -> Places:
        folder = self.dbt.folder
        return Places(self.dbt.landing_root, self.dbt.warehouse, folder, folder / "spark")

    def make(self, *selected: str) -> None:
        """Build models, as if it were all of them and all tests had passed."""
        self.dbt.make(*selected)
        with duckdb.connect(str(self.dbt.warehouse)) as connection:
            connection.execute("update state.runs set is_whole = true")

    def build(self) -> None:
        """Build all models and publish them."""
        self.make()
        publish(
            self.dbt.warehouse, self.dbt.folder, memory_limit="1GB", project_dir=self.dbt.linked
        )

    def write_memos(self) -> None:
        """The memos of all experiments that have results, in a folder of theirs."""
        published = self.dbt.folder / "headwater.duckdb"
        names = query("select distinct experiment_name from marts.experiment_results", published)
        assert names
        environment = {"HEADWATER_WAREHOUSE": str(self.dbt.warehouse)}
        for (name,) in names:
            call = ["--project-dir", str(PROJECT), "memo", name, "--to"]
            to = str(self.dbt.folder / "memos")
            done = CliRunner().invoke(app, [*call, to], env=environment, catch_exceptions=False)
            assert done.exit_code == 0, done.output

    def facts(self) -> dict[str, object]:
        """What the books of a company must say after an erasure too."""
        count = "select count(*), sum(closing_mrr) from marts.mrr_by_month"
        orders = "select count(*), sum(total_cents) from staging.stg_shopify__orders"
        deals = "select count(*), sum(value_cents) from staging.stg_pipedrive__deals"
        return {sql: query(sql, self.dbt.warehouse) for sql in (count, orders, deals)}

    def erase(self, *asked: Identifier) -> Receipt | None:
        return erase(asked, self.places, self.contract)


def made(folder: Path, contract: dict[str, Source]) -> Company:
    root = folder / "landing"
    simulate(Settings(scale=0.003, days=12, start="2025-01-01", seed=7), contract, root)
    shutil.rmtree(root / "truth")  # the simulator's own; no company has it
    initialise(root, tables_of(contract))
    company = Company(Dbt(root, folder, settings=LOGS), contract)
    company.build()
    ((user,),) = query(
        """
        select user_id from marts.persons
        inner join marts.person_identifiers using (person_id)
        group by person_id, user_id
        having bool_or(identifier_type = 'stripe_customer')
            and bool_or(identifier_type = 'crm_person')
            and count(distinct source_name) >= 2
        order by user_id
        limit 1
        """,
        company.dbt.warehouse,
    )
    ((shopper,),) = query(
        """
        select min(user_id) from marts.persons
        where customer_id is not null and user_id is not null
        """,
        company.dbt.warehouse,
    )
    company.person = [Identifier("user", user), Identifier("user", shopper)]
    known = known_identifiers(company.dbt.warehouse, company.person)
    assert {one.type for one in known} == {
        "device", "user", "customer", "checkout", "email", "stripe_customer", "crm_person"
    }  # fmt: skip
    keys = "select person_id, identifier_key from marts.person_identifiers where identifier_value"
    rows = [
        row
        for one in known
        for row in query(f"{keys} = '{one.value}'", company.dbt.warehouse)
    ]  # fmt: skip
    emails = {f"person{one[1:]}@mail.example" for one in (user, shopper)}
    texts = {one.value for one in known} | emails | {str(text) for row in rows for text in row}
    company.needles = {text for text in texts if len(text) >= SHORTEST}
    return company


@pytest.fixture(scope="module")
def erased(
    tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]
) -> Iterator[Company]:
    """The company before, the erasure by a user id alone, and the build after it."""
    company = made(tmp_path_factory.mktemp("erased"), contract)
    company.write_memos()
    found = places_of(company.dbt.folder, company.needles)
    for place in ("landing/", "warehouse.duckdb", "generations/", "headwater.duckdb"):
        assert any(name.startswith(place) for name in found), place  # the search can find
    (company.dbt.folder / "logs" / "dbt.log").write_text("could not read u100000", "utf-8")
    company.before = company.facts()
    shutil.copytree(company.dbt.landing_root, company.dbt.folder.with_name("before"))
    company.receipt = company.erase(*company.person)
    company.build()
    yield company


def texts_of(file: Path) -> str:
    """Every value of a Parquet or DuckDB file, decoded; of Parquet also what no row refers to."""
    if file.suffix == ".parquet":
        with pq.ParquetFile(file) as landed:
            names = [f.name for f in landed.schema_arrow if pa.types.is_string(f.type)]
        with pq.ParquetFile(file, read_dictionary=names) as landed:
            rows = landed.read()
            told = [
                str(landed.metadata.row_group(n).to_dict()) for n in range(landed.num_row_groups)
            ]
        kept = [part.dictionary.to_pylist() for name in names for part in rows[name].chunks]
        return f"{rows.to_pylist()} {kept} {told}".lower()
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall()
        values = [connection.execute(f"from {schema}.{name}").fetchall() for schema, name in tables]
    return str(values).lower()


def places_of(folder: Path, needles: set[str]) -> set[str]:
    """Files below a folder that hold one of some texts, as bytes or in what they decode to.

    Packed bytes of Parquet are not searched: by chance they spell what no row has.
    """
    found = set()
    for file in folder.rglob("*"):
        if not file.is_file() or "linked" in file.relative_to(folder).parts:
            continue
        texts = [texts_of(file)] if file.suffix in (".parquet", ".duckdb") else []
        if file.suffix != ".parquet":
            texts.append(file.read_bytes().decode("latin-1").lower())
        if any(needle.lower() in text for needle in needles for text in texts):
            found.add(str(file.relative_to(folder)))
    return found


def test_nothing_of_the_person_is_left(erased: Company) -> None:
    assert places_of(erased.dbt.folder, erased.needles) == set()


def test_only_the_generation_without_the_person_is_left(erased: Company) -> None:
    generations = Generations(erased.dbt.folder)
    assert generations.numbers() == [2]
    assert generations.current() == 2
    assert generations.last_outdated() == 0


def test_the_receipt_counts_what_was_done(erased: Company) -> None:
    assert erased.receipt is not None
    counts = erased.receipt.counts
    assert counts["amplitude.events"].deleted > 10
    assert {name for name, count in counts.items() if count.pseudonymised} == {
        "pipedrive.activities", "pipedrive.leads", "pipedrive.persons", "shopify.orders",
        "stripe.customers", "stripe.subscriptions",
    }  # fmt: skip
    assert {name for name, count in counts.items() if count.deleted} == {
        "amplitude.events", "mixpanel.events", "shopify.pixel_events"
    }  # fmt: skip
    told = query(
        "select source_name || '.' || table_name, deleted_count, pseudonymised_count"
        " from marts.erasures",
        erased.dbt.folder / "headwater.duckdb",
    )
    assert {name: (deleted, kept) for name, deleted, kept in told} == {
        name: (count.deleted, count.pseudonymised) for name, count in counts.items()
    }


def test_everybody_else_is_as_before(erased: Company) -> None:
    """Every other landed row is still there, to the last value, and in its place."""
    assert erased.receipt is not None
    before = erased.dbt.folder.with_name("before")
    for table in tables_of(erased.contract):
        if table.source == "headwater":
            continue
        files = f"{table.source}/{table.name}/**/*.parquet"
        old, new = (f"read_parquet('{root / files}')" for root in (before, erased.places.root))
        gone = query(f"select count(*) from (from {old} except all from {new})")[0][0]
        added = query(f"select count(*) from (from {new} except all from {old})")[0][0]
        counts = erased.receipt.counts.get(f"{table.source}.{table.name}")
        assert gone == (counts.deleted + counts.pseudonymised if counts else 0), table.name
        assert added == (counts.pseudonymised if counts else 0), table.name


def test_the_books_say_what_they_said(erased: Company) -> None:
    assert erased.facts() == erased.before


def test_who_lands_again_fails_the_build_and_is_erased_again(erased: Company) -> None:
    before = erased.dbt.folder.with_name("before")
    place = "stripe/customers"
    (user, _) = erased.person
    number = int(user.value[1:])
    rows = f"from '{before}/{place}/*.parquet' where email = 'person{number}@mail.example'"
    query(f"copy ({rows}) to '{erased.places.root / place}/again.parquet' (format parquet)")
    process = erased.dbt.start(
        "build", "--select", "stg_stripe__customers", "int_identifier_sets", "int_identifiers",
        "assert_nobody_who_was_erased_is_known",
    )  # fmt: skip
    assert process.wait() == 1
    with pytest.raises(ErasureError, match=r"again\.parquet has landed since the last build"):
        erased.erase()
    erased.make("+int_person_identifiers")
    receipt = erased.erase()
    assert receipt is not None
    assert set(receipt.counts) == {"stripe.customers"}
    assert erased.erase() is None
    assert not [
        name
        for name in places_of(erased.places.root, erased.needles)
        if not name.startswith("generations")
    ]


def test_an_erasure_that_is_killed_is_completed_by_the_next(
    erased: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the landing zone as it was, and a map of people that has these two alone."""
    root, warehouse = tmp_path / "landing", tmp_path / "build.duckdb"
    shutil.copytree(erased.dbt.folder.with_name("before"), root)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """
            create schema state; create schema intermediate;
            create table state.runs as
            select
                'build' as command, true as is_whole, timestamp '2100-01-01' as started_at,
                now() as ended_at;
            create table state.node_runs as select 1 as node;
            create table intermediate.int_person_identifiers (
                person_id bigint, identifier_type varchar, identifier_value varchar,
                source_name varchar, identifier_key bigint
            )
            """
        )
    places = Places(root, warehouse, tmp_path / "project", tmp_path / "spark")
    rewrite, calls = Eraser.rewrite, [0]
    fetched = root / "headwater" / "ingested" / "amplitude"
    (fetched / "state/amplitude/load/loaded/1.5").mkdir(parents=True)
    (fetched / "state/amplitude/load/loaded/1.5/package.json").write_text("u100502", "utf-8")
    (fetched / "events.2025-01-01.00001.jsonl.gz").write_bytes(b"u100502")
    (fetched / "arriving").mkdir()
    waiting = fetched / "arriving" / "events.2025-01-02.00001.jsonl.gz"
    waiting.write_bytes(b"u100502")
    with pytest.raises(ErasureError, match="1 fetched files wait to land"):
        erase(erased.person, places, erased.contract)
    waiting.unlink()

    def killed(self: Eraser, *given: object) -> object:
        calls[0] += 1
        if calls[0] == 9:
            raise KeyboardInterrupt
        return rewrite(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Eraser, "rewrite", killed)
    with pytest.raises(KeyboardInterrupt):
        erase(erased.person, places, erased.contract)
    with pytest.raises(ErasureError, match="complete it first"):
        erase(erased.person, places, erased.contract)
    monkeypatch.undo()
    receipt = erase([], places, erased.contract)
    assert receipt is not None
    assert not places.pending.exists()
    users = {one.value for one in erased.person}
    assert places_of(tmp_path, users) == set()
    assert receipt.counts["amplitude.events"].deleted > 5
