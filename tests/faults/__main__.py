"""Do what goes wrong to builds and publications, and print what became of it.

    .venv/bin/python -m tests.faults [--kills 30] [--only killed --only readers] [--folder FOLDER]

Every fault is done to `headwater` as people run it, over twelve days of the simulated company and
the models from landed files to the balance of their rows. After each, the published file must be
readable and wholly of one generation, no landed row be lost, and the next build succeed and account
for every one of them.

Takes about twenty minutes. `disk full` and `landing full` mount a small tmpfs and need root; `clock
back` compiles thirty lines of C. Where that is not possible the fault is skipped, and the table
says so. Exit code 1 if anything is not as it must be.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tests.faults.reader import read_until
from tests.faults.shelf import EVENTS, Shelf, State
from tests.faults.stage import FaultError, Stage, require

SEED, HARM_SHOWN = 8, 400
READERS, PUBLICATIONS, THREE = 20, 10, 3
FREE_MEGABYTES = (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 4)
FREE_LANDING = (0, 0.1, 0.2, 0.3, 0.5, 1, 2, 4)
CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
#define BACK 172800
int clock_gettime(clockid_t id, struct timespec *at) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(id, at);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) at->tv_sec -= BACK;
    return done;
}
int gettimeofday(struct timeval *at, void *zone) {
    int (*real)(struct timeval *, void *) = dlsym(RTLD_NEXT, "gettimeofday");
    int done = real(at, zone);
    at->tv_sec -= BACK;
    return done;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


class SkippedError(RuntimeError):
    """The fault cannot be done on this machine."""


def killed(stage: Stage, kills: int, dice: random.Random) -> str:
    """SIGKILL at random moments: two of three of `build`, the others of `publish`."""
    seconds = {}
    for command in ("build", "publish"):
        began = time.monotonic()
        code, output = stage.run(command)
        require(code == 0, output[-1500:])
        seconds[command] = time.monotonic() - began
    hit, healed = {"build": 0, "publish": 0}, 0
    for number in range(kills):
        command = "publish" if number % 3 == 2 else "build"
        if command == "publish" or number % 10 == 0:
            stage.heal()
            healed += 1
        stage.land(3 + number // 5)
        hit[command] += stage.kill(dice.uniform(0.05, 1.0) * seconds[command], command)
        stage.require_whole()
    stage.heal()
    return (
        f"killed while running: build {hit['build']} times, publish {hit['publish']} times;"
        f" a build took {seconds['build']:.0f} s; {healed + 1} builds after kills healed"
    )


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """The folder as a filesystem of its own; what is in it goes there and comes back."""
    aside = folder.with_name(f"{folder.name}_aside")
    folder.rename(aside)
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        folder.rmdir()
        aside.rename(folder)
        raise SkippedError(f"tmpfs cannot be mounted: {mounted.stderr.strip()}")
    try:
        subprocess.run(["cp", "-a", f"{aside}/.", folder], check=True)
        yield folder
        shutil.rmtree(aside)
        subprocess.run(["cp", "-a", f"{folder}/.", aside], check=True)
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()
        aside.rename(folder)


@contextmanager
def filled(disk: Path, megabytes: float) -> Iterator[None]:
    """The disk with only so many megabytes left."""
    ballast, size = disk / "ballast", shutil.disk_usage(disk).free - int(megabytes * 2**20)
    require(size > 0, f"the disk has not even {megabytes} MB free")
    with ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, size)
    try:
        yield
    finally:
        ballast.unlink()


def disk_full(stage: Stage, kills: int, dice: random.Random) -> str:
    """Only so many megabytes are left: the build, or the copy, or nothing fails."""
    del kills, dice
    failed: dict[str, list[float]] = {}
    with small_disk(stage.warehouse.parent, 400) as disk:
        for number, megabytes in enumerate(FREE_MEGABYTES):
            stage.land(9 + number // 3)
            before = stage.require_whole()
            with filled(disk, megabytes):
                code, output = stage.run("build")
            where = "nowhere" if code == 0 else "publish" if "is not published" in output else "dbt"
            require(code in (0, 1), f"{megabytes} MB left: exit code {code}: {output[-800:]}")
            require("Traceback" not in output, f"{megabytes} MB left: a traceback: {output[-800:]}")
            failed.setdefault(where, []).append(megabytes)
            after = stage.require_whole()
            require((after > before) == (code == 0), "the exit code says something else")
            if code:
                stage.heal()
    return f"failed, by MB left: {failed}"


def landing_full(stage: Stage, kills: int, dice: random.Random) -> str:
    """The same to `land` and `erase`: no half file, no lost row, and no receipt before the end."""
    del kills
    shelf = Shelf.make(stage.folder / "shelf", stage.project)
    failed: dict[str, list[float]] = {"land": [], "erase": []}
    with small_disk(shelf.folder, 60) as disk:
        for number, megabytes in enumerate(FREE_LANDING):
            user, before = f"user-{number:06}", shelf.state()
            export = shelf.export(user, dice)
            whole = State({**before.rows, user: EVENTS}, before.receipts, before.erasures)
            whole.rows["stays"] = whole.rows.get("stays", 0) + EVENTS
            landed = State(whole.rows, before.receipts + 1, before.erasures)
            with filled(disk, megabytes):
                code, output = shelf.run("land", "own", str(export))
            said = f"land with {megabytes} MB left ends with {code}: {output[-600:]}"
            require(code in (0, 2) and "Traceback" not in output, said)
            found = shelf.state()
            require(found == landed if code == 0 else found in (before, whole), f"{found}, {said}")
            if code:
                failed["land"].append(megabytes)
                code, output = shelf.run("land", "own", str(export))
            require(code == 0 and shelf.state() == landed, f"landed again: {output[-600:]}")

            shelf.know(user)
            erased = State(
                before.rows | {"stays": landed.rows["stays"]}, landed.receipts, number + 1
            )
            with filled(disk, megabytes):
                code, output = shelf.run("erase", f"user={user}")
            said = f"erase with {megabytes} MB left ends with {code}: {output[-600:]}"
            require(code in (0, 2) and "Traceback" not in output, said)
            found = shelf.state()
            require(code == 2 or found == erased, f"{found}, {said}")
            require(found.rows["stays"] == landed.rows["stays"], f"rows are lost: {said}")
            if code:
                failed["erase"].append(megabytes)
                require(found.erasures == landed.erasures, f"a receipt too early: {said}")
                again = [] if shelf.pending.exists() else [f"user={user}"]
                code, output = shelf.run("erase", *again)
            require(code == 0 and shelf.state() == erased, f"erased again: {output[-600:]}")
    return f"{FREE_LANDING[0]} to {FREE_LANDING[-1]} MB left; failed, by MB left: {failed}"


def reader_holds(stage: Stage, kills: int, dice: random.Random) -> str:
    """A reader keeps what it opened, and the next sees the latest."""
    del kills, dice
    counted = "select count(*), max(generation) from marts.publications"
    with duckdb.connect(str(stage.generations.published), read_only=True) as reader:
        before = reader.execute(counted).fetchall()
        for _ in range(THREE):
            code, output = stage.run("publish")
            require(code == 0, output)
            require(reader.execute(counted).fetchall() == before, "the reader's file changed")
        held = before[0][1]
    now = stage.require_whole()
    require(now == held + THREE, "not all were published")
    stage.heal()
    return f"generation {held} was read unchanged until {now} was published"


def corrupt_warehouse(stage: Stage, kills: int, dice: random.Random) -> str:
    """The file that dbt builds: its header, its middle, its end, and its log."""
    del kills
    said = []
    for damage in ("header", "middle", "end", "log"):
        before = stage.require_whole()
        file = stage.warehouse
        with file.open("r+b") as stream:
            size = file.stat().st_size
            if damage == "end":
                stream.truncate(size // 2)
            elif damage != "log":
                stream.seek(0 if damage == "header" else size // 3)
                stream.write(dice.randbytes(size // 3 if damage == "middle" else 20_000))
        if damage == "log":
            file.with_name(f"{file.name}.wal").write_bytes(dice.randbytes(10_000))
        code, output = stage.run("build")
        require("Traceback" not in output, f"{damage}: a traceback: {output[-800:]}")
        after = stage.require_whole()
        require(after == before or code == 0, f"{damage}: published in spite of exit code {code}")
        said.append(f"{damage}: {'built anew at once' if code == 0 else f'exit code {code}'}")
        if code:
            for part in file.parent.glob("build.duckdb*"):
                part.unlink()
        stage.heal()
    return "; ".join(said)


def corrupt_landed_file(stage: Stage, kills: int, dice: random.Random) -> str:
    """A landed file whose end, or middle, is lost; the export is landed again."""
    del kills
    said = []
    files = sorted(stage.landing.glob("amplitude/events/landed_date=*/simulated-*.parquet"))
    for damage, file in zip(("end", "middle"), files[-2:], strict=True):
        whole = file.read_bytes()
        broken = whole[: len(whole) // 2]
        if damage == "middle":
            broken += dice.randbytes(len(whole) // 4)
            broken += whole[len(broken) :]
        before = stage.require_whole()
        file.write_bytes(broken)
        try:
            code, output = stage.run("build", "--full-refresh")
        finally:
            file.write_bytes(whole)
        require(code == 1, f"{damage}: exit code {code}: {output[-800:]}")
        require("Traceback" not in output, f"{damage}: a traceback: {output[-800:]}")
        require(stage.require_whole() == before, f"{damage}: it was published")
        is_named = file.name in output
        said.append(f"{damage}: exit code 1, {'names the file' if is_named else 'file not named'}")
        stage.heal()
    return "; ".join(said)


def two_builds(stage: Stage, kills: int, dice: random.Random) -> str:
    """One builds, the other says so and goes."""
    del kills, dice
    processes = [stage.start("build") for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    codes = sorted(process.returncode for process in processes)
    require(codes == [0, 2], f"exit codes {codes}: {outputs}")
    require(sum("is under way" in output for output in outputs) == 1, f"{outputs}")
    stage.heal()
    return "exit codes 0 and 2, the second with a message"


def clock_back(stage: Stage, kills: int, dice: random.Random) -> str:
    """The clock goes back two days: a build then, one that fails, and one after it is mended."""
    del kills, dice
    source, library = stage.folder / "clock.c", stage.folder / "clock.so"
    source.write_text(CLOCK, "utf-8")
    compiler = shutil.which("cc")
    if compiler is None:
        raise SkippedError("no C compiler")
    command = [compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"]
    subprocess.run(command, check=True)
    back = {"LD_PRELOAD": str(library)}
    before = stage.require_whole()
    stage.land(10)
    code, output = stage.run("build", **back)
    require(code == 0, output[-1500:])
    with duckdb.connect(str(stage.generations.published), read_only=True) as reader:
        times = reader.execute(
            "select published_at from marts.publications order by generation desc limit 2"
        ).fetchall()
    require(times[0] < times[1], "the clock did not go back")
    require(stage.require_whole() == before + 1, "not published")
    model = stage.project / "models" / "marts" / "quality" / "landed_rows_by_day.sql"
    text = model.read_text("utf-8")
    model.write_text(text.replace("select * from final", "select 1 / 'x' as broken"), "utf-8")
    code, _ = stage.run("build", **back)
    require(code == 1, f"a broken model: exit code {code}")
    code, output = stage.run("publish", **back)
    require(code == 1, f"after a failed build, `publish` ends with {code}: {output}")
    model.write_text(text, "utf-8")
    stage.environment.update(back)
    stage.heal()
    stage.environment.clear()
    stage.heal()
    return "published in order; a failed build stays unpublished although an earlier one is later"


def readers(stage: Stage, kills: int, dice: random.Random) -> str:
    """Twenty readers in a loop through ten publications, each of a landed day more."""
    del kills, dice
    stop, file = stage.folder / "stop", stage.generations.published
    stop.unlink(missing_ok=True)
    answers = [stage.folder / f"reader{number}" for number in range(READERS)]
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=read_until, args=(stop, file, path)) for path in answers]
    for process in processes:
        process.start()
    first = stage.require_whole()
    for number in range(PUBLICATIONS):
        if number % 5 == 0:
            stage.land(11 + number // 5)
            stage.heal()
        else:
            code, output = stage.run("publish")
            require(code == 0, output)
    stop.touch()
    for process in processes:
        process.join()
        require(process.exitcode == 0, "a query failed")
    lines = [line.split() for path in answers for line in path.read_text("utf-8").splitlines()]
    wrong = [line for line in lines if line[1] != line[2]]
    require(not wrong, f"{len(wrong)} answers of two generations: {wrong[:3]}")
    seen = {int(line[0]) for line in lines}
    require(stage.require_whole() == first + PUBLICATIONS, "not all were published")
    return f"{len(lines):,} answers by {READERS} readers, none failed, {len(seen)} generations seen"


FAULTS = {
    "killed": killed,
    "disk full": disk_full,
    "landing full": landing_full,
    "reader holds": reader_holds,
    "corrupt warehouse": corrupt_warehouse,
    "corrupt landed file": corrupt_landed_file,
    "two builds": two_builds,
    "clock back": clock_back,
    "readers": readers,
}


def main() -> int:
    """Do the faults one after the other; 1 if one of them did harm."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--only", action="append", choices=list(FAULTS))
    parser.add_argument("--folder", type=Path, help="Where to work; a temporary one if not given.")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="faults"))
    stage = Stage.make(folder, days=12, scale=0.003)
    for day in range(3):
        stage.land(day)
    stage.heal()
    harm = 0
    for name in given.only or FAULTS:
        began, before = time.monotonic(), stage.landed_count()
        try:
            said = FAULTS[name](stage, given.kills, random.Random(SEED))
            require(stage.landed_count() >= before, "landed rows are lost")
            verdict = "ok"
        except SkippedError as reason:
            verdict, said = "skipped", str(reason)
        except (FaultError, duckdb.Error, OSError) as found:
            verdict, said, harm = "HARM", " ".join(str(found).split())[:HARM_SHOWN], 1
            for part in stage.warehouse.parent.glob("build.duckdb*"):  # not the next one's fault
                part.unlink()
        print(f"{name:20} {verdict:8} {time.monotonic() - began:5.0f} s  {said}", flush=True)
    if given.folder is None and not harm:
        shutil.rmtree(folder)
    return harm


if __name__ == "__main__":
    sys.exit(main())
