"""What the simulator writes as files: the same bytes every time, in the contract's shape."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.landing.contract import Source
from headwater.landing.write import ROW_GROUP_ROWS, write_rows
from headwater.simulate.run import Settings, SimulationError, settings_of, simulate

SMALL = Settings(scale=0.002, days=8, start="2025-03-01", seed=3)


def digests(root: Path) -> dict[str, str]:
    return {
        str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(root.rglob("*"))
        if file.is_file()
    }


def test_the_same_arguments_give_the_same_bytes(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        settings = Settings(SMALL.scale, SMALL.days, SMALL.start, seed)
        simulate(settings, contract, tmp_path / name)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert digests(tmp_path / "one") != digests(tmp_path / "three")


def test_a_second_simulation_replaces_the_first(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    simulate(Settings(0.002, 12, "2025-03-01", 3), contract, tmp_path / "again")
    simulate(SMALL, contract, tmp_path / "again")
    simulate(SMALL, contract, tmp_path / "fresh")
    assert digests(tmp_path / "again") == digests(tmp_path / "fresh")
    assert settings_of(tmp_path / "again") == {
        "scale": 0.002,
        "days": 8,
        "start": "2025-03-01",
        "seed": 3,
        "complete": True,
    }


@pytest.mark.parametrize("simulated_before", [False, True])
def test_landed_data_of_others_is_never_touched(
    tmp_path: Path, contract: dict[str, Source], simulated_before: bool
) -> None:
    if simulated_before:
        simulate(SMALL, contract, tmp_path)
    real = tmp_path / "amplitude" / "events" / "landed_date=2025-01-01" / "mine.parquet"
    notes = tmp_path / "notes" / "read.me"
    for file in (real, notes):
        file.parent.mkdir(parents=True)
        file.write_bytes(b"anything")
    with pytest.raises(SimulationError, match=r"mine\.parquet.*--to"):
        simulate(SMALL, contract, tmp_path)
    assert real.read_bytes() == b"anything"
    real.unlink()
    simulate(SMALL, contract, tmp_path)
    assert notes.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 30, "2025-01-01", 7), r"scale must be in \(0, 10\], got 0.0"),
        ((1.0, 3, "2025-01-01", 7), r"days must be in \[7, 1500\], got 3"),
        ((1.0, 30, "yesterday", 7), "start must be a day as YYYY-MM-DD, got 'yesterday'"),
    ],
)
def test_bad_arguments_are_refused_by_name_and_value(
    arguments: tuple[float, int, str, int], message: str
) -> None:
    with pytest.raises(SimulationError, match=message):
        Settings(*arguments)


def test_every_file_has_the_contracts_columns_and_types(
    company: Path, contract: dict[str, Source]
) -> None:
    checked = 0
    for source in contract.values():
        for table in source.tables.values():
            for file in (company / source.name / table.name).rglob("*.parquet"):
                assert pq.read_schema(file).equals(table.schema), file
                checked += 1
    assert checked > 35 * 5


def test_landed_files_have_row_groups_of_duckdbs_size(
    tmp_path: Path, contract: dict[str, Source]
) -> None:
    rows = pa.table({"event_id": pa.array(range(2 * ROW_GROUP_ROWS + 5))})
    write_rows(rows, contract["amplitude"].tables["events"], tmp_path / "rows.parquet")
    landed = pq.read_metadata(tmp_path / "rows.parquet")
    sizes = [landed.row_group(index).num_rows for index in range(landed.num_row_groups)]
    assert sizes == [122_880, 122_880, 5]
