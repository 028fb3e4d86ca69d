"""Generations of the published file, side by side in one folder; readers open one fixed name.

    warehouse/
      headwater.duckdb             what readers open: the current generation
      parquet -> generations/...   the same marts as Parquet files
      generations/000007/          headwater.duckdb and parquet/, as published; never changed
      generations/.outdated        up to which number they hold somebody who was erased since
      lock                         held while a build or a publication is under way

A generation becomes current by one rename, so a reader has either the old file or the new one, and
one that is open keeps what it opened.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

FILE, PARQUET, DRAFT, OUTDATED = "headwater.duckdb", "parquet", ".draft", ".outdated"
KEPT = 3


class GenerationError(RuntimeError):
    """There is no generation to go to; the message says which there are."""


@dataclass(frozen=True)
class Generations:
    """The generations below the folder that readers look into."""

    folder: Path

    @property
    def published(self) -> Path:
        """What readers open."""
        return self.folder / FILE

    @property
    def draft(self) -> Path:
        """Where the next generation is written; readers never look there."""
        return self.folder / "generations" / DRAFT

    def path(self, number: int) -> Path:
        """Folder of a generation."""
        return self.folder / "generations" / f"{number:06d}"

    def numbers(self) -> list[int]:
        """The generations that are kept, oldest first."""
        found = (self.folder / "generations").glob("[0-9]*")
        return sorted(int(path.name) for path in found if path.name.isdigit())

    def current(self) -> int | None:
        """The generation that readers see; None before the first."""
        if not self.published.exists():
            return None
        for number in self.numbers():
            file = self.path(number) / FILE
            if file.exists() and file.samefile(self.published):
                return number
        return None

    def start_draft(self) -> Path:
        """An empty folder for the next generation; what a killed publication left is removed."""
        shutil.rmtree(self.draft, ignore_errors=True)
        self.draft.mkdir(parents=True)
        return self.draft

    def keep_draft(self, number: int) -> None:
        """Make the draft generation `number`: on disk for good, read-only, not yet current."""
        for path in sorted(self.draft.rglob("*")):
            if path.is_file():
                path.chmod(0o444)
            flush(path)
        flush(self.draft)
        self.draft.rename(self.path(number))
        flush(self.path(number).parent)

    def make_current(self, number: int) -> None:
        """Let readers see a generation."""
        file, link = self.folder / ".new.duckdb", self.folder / ".new.parquet"
        file.unlink(missing_ok=True)
        link.unlink(missing_ok=True)
        os.link(self.path(number) / FILE, file)
        link.symlink_to(Path("generations") / self.path(number).name / PARQUET)
        file.replace(self.published)
        file.unlink(missing_ok=True)  # what is the same file already is not renamed
        link.replace(self.folder / PARQUET)
        flush(self.folder)

    def prune(self, kept: int = KEPT) -> None:
        """Remove all but the last generations, and those that hold somebody who was erased.

        The current one stays.
        """
        current, outdated, numbers = self.current(), self.last_outdated(), self.numbers()
        for number in numbers:
            if number != current and (number <= outdated or number not in numbers[-kept:]):
                shutil.rmtree(self.path(number))
        if current is not None and current > outdated:
            self._mark.unlink(missing_ok=True)

    def outdate(self) -> None:
        """Remove what is not current at once, and let the next publication remove what is."""
        shutil.rmtree(self.draft, ignore_errors=True)
        current, numbers = self.current(), self.numbers()
        if current is not None:
            self.make_current(current)  # a killed publication may have left links to others
        if numbers:
            self._mark.write_text(str(max(numbers[-1], self.last_outdated())), "utf-8")
            flush(self._mark)
            self.prune()

    @property
    def _mark(self) -> Path:
        return self.folder / "generations" / OUTDATED

    def last_outdated(self) -> int:
        """The last generation that holds somebody who was erased since; 0 if none does."""
        return int(self._mark.read_text("utf-8")) if self._mark.exists() else 0

    def next_number(self) -> int:
        """The number of the next publication."""
        return max([*self.numbers(), self.last_outdated()], default=0) + 1

    def roll_back(self) -> tuple[int, int]:
        """Let readers see the generation before the current one; both numbers.

        Raises:
            GenerationError: nothing is published, or nothing older is kept.
        """
        current = self.current()
        if current is None:
            raise GenerationError(f"{self.folder} has no published generation.")
        older = [number for number in self.numbers() if number < current]
        if not older:
            raise GenerationError(f"generation {current} is the oldest that {self.folder} keeps.")
        self.make_current(older[-1])
        return current, older[-1]


def flush(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
