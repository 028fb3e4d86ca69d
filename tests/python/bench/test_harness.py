"""The harness measures what a process costs, whole tree, and says what went wrong."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.data import make
from bench.jobs import JobError, choose, load_jobs
from bench.make_export import write_export
from bench.measure import Measurement, measure
from bench.report import Run, ratios, result_of, write_results
from bench.run import PROJECT, main, run_job

ALLOCATE = "b = b'x' * {size}; import time; time.sleep(0.4)"
BURN = "import time\nwhile time.process_time() < 0.4: pass"
CHILD = (
    "import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}], check=True); {then}"
)


def jobs_file(folder: Path, text: str) -> Path:
    file = folder / "jobs.toml"
    file.write_text(text)
    return file


def one_job(folder: Path, text: str):
    file = jobs_file(folder, "[jobs.sample]\ndescription = 'A sample.'\n" + text)
    return load_jobs(file)["sample"]


def python(code: str) -> list[str]:
    return ["python", "-c", code]


def test_memory_that_is_allocated_is_seen(tmp_path):
    cost = measure(python(ALLOCATE.format(size=200_000_000)), folder=tmp_path)
    assert 200e6 <= cost.peak_bytes < 300e6
    assert cost.wall_seconds >= 0.4


def test_memory_of_parent_and_child_adds_up(tmp_path):
    child = ALLOCATE.format(size=100_000_000)
    code = "b = b'x' * 100_000_000; " + CHILD.format(code=child, then="")
    assert measure(python(code), folder=tmp_path).peak_bytes >= 200e6


def test_cpu_of_children_counts_and_sleep_does_not(tmp_path):
    cost = measure(
        python(CHILD.format(code=BURN, then="import time; time.sleep(0.4)")), folder=tmp_path
    )
    assert 0.4 <= cost.cpu_seconds < 0.4 + cost.wall_seconds
    idle = measure(["sleep", "0.5"], folder=tmp_path)
    assert idle.cpu_seconds < 0.2


def test_a_failing_command_names_job_and_exit_code(tmp_path):
    job = one_job(
        tmp_path, "command = '''python -c \"print('why'); exit(3)\"'''\nrows = 'select 1'"
    )
    with pytest.raises(JobError, match=r"(?s)job sample: python .*exit code 3.*why"):
        run_job(job, 1, tmp_path)


def test_a_command_that_does_not_exist_is_named(tmp_path):
    job = one_job(tmp_path, "command = 'no-such-program'\nrows = 'select 1'")
    with pytest.raises(JobError, match=r"job sample: .*cannot start 'no-such-program'"):
        run_job(job, 1, tmp_path)


def test_rows_that_are_no_number_are_an_error(tmp_path):
    job = one_job(tmp_path, "command = 'true'\nrows = 'echo many'")
    with pytest.raises(JobError, match=r"job sample: rows: .*many"):
        run_job(job, 1, tmp_path)


def test_every_run_starts_in_an_empty_folder_and_shares_what_was_prepared(tmp_path):
    job = one_job(
        tmp_path,
        """
prepare = ["cp {source} {work}/input"]
command = "cp {work}/input {run}/made"
rows = "sh -c 'wc -c < {run}/made'"
""".replace("{source}", str(PROJECT / "LICENSE")),
    )
    result = run_job(job, 2, tmp_path)
    assert result.ours.rows == (PROJECT / "LICENSE").stat().st_size
    assert not list(tmp_path.glob("headwater-bench-*"))


def test_sides_take_turns(tmp_path):
    log = tmp_path / "log"
    job = one_job(
        tmp_path,
        f"""
command = "sh -c 'echo ours >> {log}'"
rows = "select 5"
[[jobs.sample.peers]]
name = "other"
command = "sh -c 'echo a >> {log}'"
[[jobs.sample.peers]]
name = "third"
command = "sh -c 'echo b >> {log}'"
""",
    )
    result = run_job(job, 3, tmp_path)
    assert log.read_text().split() == ["ours", "a", "b", "b", "a", "ours", "ours", "a", "b"]
    assert [side.name for side in result.peers] == ["other", "third"]
    assert {side.rows for side in (result.ours, *result.peers)} == {5}


PEERS_THAT_WRITE = """
command = "sh -c 'echo 1 > {run}/result.csv'"
rows = "select 1"
checksum = "select count(*), sum(column0) from read_csv('{run}/result.csv', header = false)"
peers = [{name = "other", command = "sh -c 'echo VALUE > {run}/result.csv'"}]
"""


def test_a_peer_with_the_same_result_passes_and_the_result_is_kept(tmp_path):
    job = one_job(tmp_path, PEERS_THAT_WRITE.replace("VALUE", "1"))
    assert run_job(job, 2, tmp_path).checksum == "1, 1"


def test_a_peer_with_another_result_fails_the_job(tmp_path):
    job = one_job(tmp_path, PEERS_THAT_WRITE.replace("VALUE", "2"))
    with pytest.raises(JobError, match=r"job sample: sh .*echo 2 .*left 1, 2, where .* left 1, 1"):
        run_job(job, 1, tmp_path)


def test_data_outlives_the_job_where_a_folder_is_named(tmp_path, monkeypatch):
    job = one_job(tmp_path, "command = 'mkdir -p {data}/made'\nrows = 'select 1'")
    run_job(job, 1, tmp_path)
    assert not list(tmp_path.rglob("made"))
    monkeypatch.setenv("HEADWATER_BENCH_DATA", str(tmp_path / "kept"))
    run_job(job, 1, tmp_path)
    assert (tmp_path / "kept" / "made").is_dir()


def test_data_is_made_once_and_another_simulation_is_not_replaced(tmp_path):
    settings = {"scale": 0.1, "days": 7}
    marker = tmp_path / "simulated.json"
    commands = []
    marker.write_text(json.dumps(settings | {"complete": False}))
    assert make(settings, tmp_path, commands.append)
    assert commands[0][1:] == ["simulate", "--scale", "0.1", "--days", "7", "--to", str(tmp_path)]
    marker.write_text(json.dumps(settings | {"complete": True}))
    assert not make(settings, tmp_path, commands.append)
    with pytest.raises(SystemExit, match="another simulation"):
        make({"scale": 0.2, "days": 7}, tmp_path, commands.append)
    assert len(commands) == 1


def measured_job(tmp_path):
    peers = "[{name = 'other', command = 'b'}, {name = 'third', command = 'c'}]"
    job = one_job(tmp_path, f"command = 'a'\nrows = 'select 1'\npeers = {peers}")
    ours = [Run(Measurement(wall, 3.0, 100), 10) for wall in (2.0, 9.0, 1.0)]
    other = [Run(Measurement(wall, 1.0, 400), 10) for wall in (4.0, 3.0, 8.0)]
    third = [Run(Measurement(wall, 6.0, 50), 10) for wall in (1.0, 1.0, 1.0)]
    return result_of(job, [ours, other, third])


def test_ratio_is_ours_by_each_peers_over_medians(tmp_path):
    result = measured_job(tmp_path)
    found = [ratios(result.ours, peer) for peer in result.peers]
    assert found == [(0.5, 3.0, 0.25), (2.0, 0.5, 2.0)]


def test_results_keep_other_jobs_and_replace_the_same_one(tmp_path):
    results = tmp_path / "results.md"
    result = measured_job(tmp_path)
    earlier = replace(result, ours=replace(result.ours, name="earlier"), peers=())
    for written in (earlier, result, result):
        write_results(results, written, PROJECT)
    text = results.read_text()
    figures = "10 | 2.00 | 1.00 to 9.00 | 3.00 | 0 | 5"
    assert text.count(f"| earlier | {figures} |  |  |  |") == 1
    assert text.count(f"| sample | {figures} |  |  |  |") == 1
    assert (
        text.count("| peer: other | 10 | 4.00 | 3.00 to 8.00 | 1.00 | 0 | 2 | 0.50 | 3.00 |") == 1
    )
    assert (
        text.count("| peer: third | 10 | 1.00 | 1.00 to 1.00 | 6.00 | 0 | 10 | 2.00 | 0.50 |") == 1
    )
    assert "duckdb " in text and "cores" in text and "commit: " in text


def test_an_unknown_job_is_refused_with_the_known_ones(tmp_path, capsys):
    file = jobs_file(
        tmp_path, "[jobs.one]\ndescription = 'd'\ncommand = 'true'\nrows = 'select 1'\n"
    )
    assert main(["two", "--jobs", str(file), "--results", str(tmp_path / "r.md")]) == 1
    assert "unknown job two; known jobs: one" in capsys.readouterr().err


def test_the_projects_jobs_are_well_described():
    jobs = load_jobs(PROJECT / "bench" / "jobs.toml")
    names = [job.name for job in choose(jobs, [])]
    assert names == [
        "simulate",
        "simulate-month",
        "land",
        "build",
        "dedupe",
        "sessionise",
        "funnel",
        "retention",
        "paths",
        "pairs",
        "attribution",
        "experiment",
        "warehouse",
        "day",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("command = 'true'", "missing key rows"),
        ("command = 'true'\nrows = 'select 1'\nrepeat = 3", "unknown key repeat"),
    ],
)
def test_a_badly_described_job_is_named(tmp_path, text, message):
    with pytest.raises(JobError, match=f"job sample: {message}"):
        one_job(tmp_path, text)


def test_the_export_is_the_same_each_time_and_one_event_a_line(tmp_path):
    for name in ("a.gz", "b.gz"):
        write_export(100, tmp_path / name)
    lines = gzip.decompress((tmp_path / "a.gz").read_bytes()).splitlines()
    assert len({json.loads(line)["$insert_id"] for line in lines}) == 100
    assert gzip.decompress((tmp_path / "b.gz").read_bytes()).splitlines() == lines
