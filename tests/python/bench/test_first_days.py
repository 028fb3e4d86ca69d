from pathlib import Path

import pytest

from bench.first_days import link_first_days, main


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    """Three landed days, an empty file, a table without days, and truth."""
    zone = tmp_path / "zone"
    names = [f"a/events/landed_date=2025-01-0{day}/simulated-x.parquet" for day in (1, 2, 3)]
    names += ["a/events/landed_date=1970-01-01/empty.parquet", "b/orders/simulated-x.parquet"]
    for name in [*names, "truth/sessions.parquet"]:
        (zone / name).parent.mkdir(parents=True, exist_ok=True)
        (zone / name).write_text(name)
    return zone


def test_the_last_days_and_the_truth_are_left_out(zone: Path, tmp_path: Path) -> None:
    left_out = link_first_days(zone, 2, tmp_path / "first")
    kept = {
        str(file.relative_to(tmp_path / "first")) for file in (tmp_path / "first").rglob("*.p*")
    }
    assert left_out == ["2025-01-03"]
    assert kept == {
        "a/events/landed_date=2025-01-01/simulated-x.parquet",
        "a/events/landed_date=2025-01-02/simulated-x.parquet",
        "a/events/landed_date=1970-01-01/empty.parquet",
        "b/orders/simulated-x.parquet",
    }


def test_the_command_says_what_is_missing(
    zone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--of", str(zone), "--days", "1", "--to", str(tmp_path / "one")]) == 0
    assert capsys.readouterr().out.endswith("one lacks 2025-01-02, 2025-01-03.\n")
