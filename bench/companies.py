"""What the benchmarks share that simulate one company a seed and set what is found against it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq

from bench.build import PROJECT
from headwater.landing.contract import load_contract, tables_of
from headwater.landing.write import initialise
from headwater.simulate import company
from headwater.simulate.landing_writer import LandingWriter
from headwater.simulate.run import Settings, _Simulation


def seeds_and_folder(program: str, description: str | None) -> argparse.ArgumentParser:
    """A command line with `--seeds`, `--first-seed` and `--to`."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--seeds", type=int, default=20, help="how many, counted from --first-seed")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--to", type=Path, required=True, help="folder for everything; made here")
    return parser


def every_seed(
    options: argparse.Namespace,
    name: str,
    run_seed: Callable[[int], pa.Table],
    tell: Callable[[pa.Table], None],
) -> pa.Table:
    """What was found with all seeds, the ones of earlier runs too; those are not run again.

    `name` names the folder in `options.to` that keeps a Parquet file a seed. `tell` gets what was
    found so far after each seed that was run.
    """
    folder = options.to / name
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        kept = folder / f"seed_{seed:04}.parquet"
        if not kept.exists():
            unfinished = kept.with_suffix(".unfinished")
            pq.write_table(run_seed(seed), unfinished)
            unfinished.rename(kept)
            tell(_found(folder))
    return _found(folder)


def _found(folder: Path) -> pa.Table:
    files = sorted(folder.glob("*.parquet"))
    return pa.concat_tables(map(pq.read_table, files), promote_options="permissive")


def simulate_part(settings: Settings, root: Path, tools: Sequence[int], **changed: object) -> None:
    """A landing zone of the company as these tools see it, and the truth, in this process.

    `changed` are constants of `headwater.simulate.company` that are others here.
    """
    contract = load_contract(PROJECT)
    initialise(root, tables_of(contract))
    with (
        patch.dict(vars(company), changed),
        LandingWriter(root, settings.first_day) as writer,
    ):
        simulation = _Simulation(settings, contract, writer, tuple(tools))
        simulation.run()
        simulation.write_entities()
        simulation.write_truth(root / "truth")
