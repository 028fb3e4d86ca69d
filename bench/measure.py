"""One command, timed as a whole process tree. Nothing here knows about jobs or reports.

CPU is what the operating system charges to the process and every descendant that was waited for.
Memory is sampled: the sum of resident sizes over the tree, where pages that two processes share
count in each. A peak shorter than `SAMPLE_SECONDS` can be missed.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.05
LOG_LINES_SHOWN = 15


class CommandError(RuntimeError):
    """A command ended with an exit code other than 0, or could not be started."""


@dataclass(frozen=True)
class Measurement:
    """What one run of one command cost."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


class _PeakSampler(threading.Thread):
    """Watches the resident memory of a process and its descendants until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._pid = pid
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.is_set():
            self.peak_bytes = max(self.peak_bytes, _tree_bytes(self._pid))
            self._stopped.wait(SAMPLE_SECONDS)

    def stop(self) -> None:
        """End the watch and wait for the last sample."""
        self._stopped.set()
        self.join()


def _tree_bytes(pid: int) -> int:
    try:
        root = psutil.Process(pid)
        processes = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(_resident_bytes(process) for process in processes)


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def measure(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str] | None = None
) -> Measurement:
    """Run a command to its end and say what it cost.

    Args:
        command: program and arguments; no shell reads them.
        folder: the working folder.
        environment: all variables the command sees; None passes on our own.

    Raises:
        CommandError: the command cannot start or fails; the message has its last lines of output.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise CommandError(f"cannot start {command[0]!r}: {error.strerror}") from error
        sampler = _PeakSampler(process.pid)
        sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        sampler.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            last_lines = "".join(log.readlines()[-LOG_LINES_SHOWN:])
            raise CommandError(f"ended with exit code {process.returncode}\n{last_lines}".rstrip())
    return Measurement(wall, usage.ru_utime + usage.ru_stime, sampler.peak_bytes)
