"""Make the simulated company's landing zone, once: a folder that has it already is left as it is.

`python -m bench.data --scale X --days N --to FOLDER`. The landing zone of a big company takes
minutes to make; jobs, and whoever looks into one of them, share it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

START, SEED = "2025-01-01", 7

Run = Callable[[Sequence[str]], object]


def make(settings: dict[str, Any], folder: Path, run: Run) -> bool:
    """Simulate into the folder unless it holds just that; False when there was nothing to do.

    Raises:
        SystemExit: the folder holds another simulation, which this would replace.
    """
    marker = folder / "simulated.json"
    if marker.exists():
        found = json.loads(marker.read_text(encoding="utf-8"))
        is_complete = found.pop("complete")
        if found != settings:
            raise SystemExit(f"{folder} holds another simulation, {found}: name another folder")
        if is_complete:
            return False
    arguments = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
    headwater = str(Path(sys.executable).with_name("headwater"))
    run([headwater, "simulate", *arguments, "--to", str(folder)])
    return True


def main() -> None:
    """Read the arguments and make the data."""
    parser = argparse.ArgumentParser(prog="python -m bench.data", description=__doc__)
    parser.add_argument("--scale", type=float, required=True, help="1.0 is the full company")
    parser.add_argument("--days", type=int, required=True, help=f"days from {START}")
    parser.add_argument("--to", type=Path, required=True, help="landing root to fill")
    options = parser.parse_args()
    settings = {"scale": options.scale, "days": options.days, "start": START, "seed": SEED}
    if not make(settings, options.to, lambda command: subprocess.run(command, check=True)):
        print(f"{options.to} has it already", file=sys.stderr)


if __name__ == "__main__":
    main()
