"""`headwater erase`: a person out of the landing zone and of all that was made from it.

What is to be done stands in `headwater/erasing.json` of the landing root until it is done, so that
a run which was killed is completed by the next. It names the person, and is removed at the end;
what stays is the receipt, and salted hashes by which rows that land again are known.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from headwater.landing.contract import Source, Table, tables_of
from headwater.landing.lock import alone
from headwater.landing.write import EMPTY_DATE, landed_file, write_rows
from headwater.privacy.people import (
    ErasureError,
    Identifier,
    Person,
    come_back,
    email_hashes,
    hashes_of,
    known_identifiers,
    salt_of_hashes,
)
from headwater.privacy.rewrite import Counts, Eraser, landed_files
from headwater.publish.generations import Generations

RUN_TABLES = ("runs", "node_runs")
LAST_BUILD = """
select max(started_at) from state.runs
where command = 'build' and is_whole and ended_at is not null
"""


@dataclass(frozen=True)
class Places:
    """Where data of a person lies.

    Attributes:
        root: landing root.
        warehouse: what dbt builds; its generations lie beside it.
        project_dir: with dbt's `logs` and `target`.
        spark_home: what the target `spark` builds.
    """

    root: Path
    warehouse: Path
    project_dir: Path
    spark_home: Path

    @property
    def pending(self) -> Path:
        """What an erasure that is under way, or was killed, still has to do."""
        return self.root / "headwater" / "erasing.json"


@dataclass
class Receipt:
    """What an erasure did: rows by table, and files of seeds that still name the person."""

    request_id: str
    requested_at: datetime
    counts: dict[str, Counts] = field(default_factory=dict)
    named_in: list[str] = field(default_factory=list)


def erase(
    asked: Sequence[Identifier],
    places: Places,
    contract: dict[str, Source],
    kept_fields: Iterable[str] = (),
) -> Receipt | None:
    """Take people out of everything that is kept.

    Args:
        asked: an identifier of each, or several; none to complete an erasure that was killed, or
            else to erase again whoever was erased and has landed since.
        places: where to look.
        contract: the landing contract, which says what identifies and what is personal.
        kept_fields: keys of JSON objects that may stay in a record that is made nobody's.

    Returns:
        The receipt; None if nobody was to be erased.

    Raises:
        ErasureError: something has landed that is not built, or waits to land, or an erasure that
            was killed is to be completed first.
        LockedError: a build, a publication or an ingestion is under way.
    """
    salt_of_hashes()
    tables = [table for table in tables_of(contract) if not _is_own(table)]
    with ExitStack() as locks:
        for folder in (places.warehouse.parent, *(places.root / "headwater/ingested").glob("*")):
            if folder.is_dir():
                locks.enter_context(alone(folder))
        if places.pending.exists():
            if asked:
                raise ErasureError(
                    "an erasure was killed: complete it first with `headwater erase` alone."
                )
            person, receipt = _read_pending(places.pending)
        else:
            found = list(asked) or come_back(places.root, tables, _erased_before(places.root))
            if not found:
                return None
            _require_fresh(places, tables)
            person = _person(found, places)
            receipt = Receipt(secrets.token_hex(8), datetime.now(UTC).replace(tzinfo=None))
            _write_pending(places.pending, person, receipt)
        eraser = Eraser(person, frozenset(kept_fields))
        _find_emails(eraser, places, tables, receipt)
        _rewrite(eraser, places, tables, receipt)
        _forget(places)
        receipt.named_in = _named_in_seeds(person, places.project_dir)
        _write_receipt(receipt, person, places.root, contract["headwater"].tables)
        places.pending.unlink()
    return receipt


def _is_own(table: Table) -> bool:
    return table.source == "headwater" and table.name in ("erasures", "erased_identifiers")


def _person(found: list[Identifier], places: Places) -> Person:
    """Whoever these identifiers belong to."""
    person = Person()
    person.add(found)
    for identifier in known_identifiers(places.warehouse, found):
        if identifier.type == "email":
            person.email_hashes.add(identifier.value)
        else:
            person.add([identifier])
    return person


def _require_fresh(places: Places, tables: list[Table]) -> None:
    """The map of people must know everything that has landed, and nothing wait to land."""
    waiting = [
        *(places.root / "headwater" / "ingested").glob("*/arriving/*.jsonl.gz"),
        *(places.root / "headwater" / "ingested").glob("*/state/*/load/normalized/*"),
        *(places.root / "headwater" / "ingested").glob("*/state/*/normalize/extracted/*"),
        *(places.root / "headwater" / "loaded").glob("*/[0-9]*/*.jsonl.gz"),
    ]
    if waiting:
        raise ErasureError(
            f"{len(waiting)} fetched files wait to land, {waiting[0]} for one: run `headwater"
            " ingest` or `headwater land --loaded` again, then `headwater build`."
        )
    try:
        with duckdb.connect(str(places.warehouse), read_only=True) as connection:
            ((built_at,),) = connection.execute(LAST_BUILD).fetchall()
    except duckdb.Error as error:
        raise ErasureError(
            f"{places.warehouse} cannot say who belongs together: run `headwater build` first."
            f" {error}"
        ) from error
    for file in (file for table in tables for file in landed_files(places.root, table)):
        landed_at = datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None)
        if file.name != "empty.parquet" and (built_at is None or landed_at > built_at):
            raise ErasureError(
                f"{file} has landed since the last build: run `headwater build` first, so that it"
                " is known whose rows it holds."
            )


def _find_emails(eraser: Eraser, places: Places, tables: list[Table], receipt: Receipt) -> None:
    """The person's e-mail addresses in clear: the warehouse has their hashes only."""
    if not eraser.person.email_hashes or receipt.counts:
        return
    found: set[str] = set()
    for table in tables:
        for file in landed_files(places.root, table):
            found |= eraser.emails(file, table)
    addresses = [Identifier("email", address) for address in sorted(found)]
    hashes = email_hashes([one.value for one in addresses])
    eraser.person.add(
        address
        for address, value in zip(addresses, hashes, strict=True)
        if value in eraser.person.email_hashes
    )
    _write_pending(places.pending, eraser.person, receipt)


def _rewrite(eraser: Eraser, places: Places, tables: list[Table], receipt: Receipt) -> None:
    for table in tables:
        for draft in (places.root / table.source / table.name).rglob(".*.parquet.*"):
            if not _runs(draft.suffix[1:]):
                draft.unlink()
        for file in landed_files(places.root, table):
            if counts := eraser.rewrite(file, table):
                name = f"{table.source}.{table.name}"
                receipt.counts.setdefault(name, Counts()).add(counts)
                _write_pending(places.pending, eraser.person, receipt)


def _runs(process: str) -> bool:
    """Whether a process, whose draft a file is, is still there."""
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass
    return True


def _forget(places: Places) -> None:
    """Remove whatever was made from the landing zone, but what readers see until the next build."""
    ingested = places.root / "headwater" / "ingested"
    for spooled in ingested.glob("*/*.jsonl.gz"):
        spooled.unlink()
    for package in ingested.glob("*/state/*/load/loaded/*"):
        shutil.rmtree(package)
    start_anew(places.warehouse)
    Generations(places.warehouse.parent).outdate()
    for folder in (
        places.project_dir / "logs",
        places.project_dir / "target",
        places.spark_home / "tables",
        places.spark_home / "metastore",
    ):
        shutil.rmtree(folder, ignore_errors=True)


def start_anew(warehouse: Path) -> None:
    """Put a new file in the place of a warehouse, with the record of its runs and nothing else.

    A file from which rows are deleted keeps their bytes in free blocks, hence a new one. The next
    build makes everything in it.
    """
    draft = warehouse.with_name(f".{warehouse.name}.new")
    draft.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        try:
            connection.execute(f"attach '{warehouse}' as old (read_only)")
            for table in RUN_TABLES:
                connection.execute(f"create table {table} as from old.state.{table}")
            is_known = True
        except duckdb.Error:  # it is not there, or cannot be read: nothing of it is kept
            is_known = False
        if is_known:
            connection.execute(f"attach '{draft}' as new")
            connection.execute("create schema new.state")
            for table in RUN_TABLES:
                connection.execute(f"create table new.state.{table} as from {table}")
            connection.execute("detach new")
    warehouse.with_name(f"{warehouse.name}.wal").unlink(missing_ok=True)
    if draft.exists():
        draft.replace(warehouse)
    else:
        warehouse.unlink(missing_ok=True)
    shutil.rmtree(warehouse.with_name(f"{warehouse.name}.tmp"), ignore_errors=True)


def _named_in_seeds(person: Person, project_dir: Path) -> list[str]:
    """Lines of seeds that name the person; people edit them, so people must."""
    pattern = person.pattern
    if pattern is None:
        return []
    return [
        f"{file.relative_to(project_dir)}:{number}"
        for file in sorted((project_dir / "seeds").rglob("*.csv"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


def _erased_before(root: Path) -> list[str]:
    files = sorted((root / "headwater" / "erased_identifiers").glob("*.parquet"))
    with duckdb.connect() as connection:
        rows = [
            connection.execute(f"select identifier_hash from '{file}'").fetchall() for file in files
        ]
    return sorted({value for found in rows for (value,) in found})


def _write_receipt(receipt: Receipt, person: Person, root: Path, own: dict[str, Table]) -> None:
    """Land what was done, and salted hashes of whom it was done to."""
    done = {"request_id": receipt.request_id, "_landed_at": datetime.now(UTC).replace(tzinfo=None)}
    # What changed nothing has a receipt too.
    changed = receipt.counts or {"headwater.rejected_rows": Counts()}
    erasures = [
        done
        | dict(zip(("source_name", "table_name"), name.split("."), strict=True))
        | {f"{what}_count": count for what, count in asdict(counts).items()}
        | {"requested_at": receipt.requested_at}
        for name, counts in sorted(changed.items())
    ]
    hashes = [
        done | {"identifier_type": kind, "identifier_hash": value}
        for kind, value in sorted(hashes_of(person.names))
    ]
    for name, rows in (("erased_identifiers", hashes), ("erasures", erasures)):
        table = own[name]
        fields = [table.schema.field(column) for column in rows[0]]
        target = landed_file(root, table, EMPTY_DATE, receipt.request_id)
        write_rows(pa.Table.from_pylist(rows, pa.schema(fields)), table, target)


def _write_pending(file: Path, person: Person, receipt: Receipt) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "request_id": receipt.request_id,
        "requested_at": receipt.requested_at.isoformat(),
        "names": [[one.type, one.value, one.source, name] for one, name in person.names.items()],
        "email_hashes": sorted(person.email_hashes),
        "counts": {name: asdict(counts) for name, counts in receipt.counts.items()},
    }
    draft = file.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def _read_pending(file: Path) -> tuple[Person, Receipt]:
    content = json.loads(file.read_text("utf-8"))
    person = Person(
        {Identifier(kind, value, source): name for kind, value, source, name in content["names"]},
        set(content["email_hashes"]),
    )
    receipt = Receipt(
        content["request_id"],
        datetime.fromisoformat(content["requested_at"]),
        {name: Counts(**counts) for name, counts in content["counts"].items()},
    )
    return person, receipt
