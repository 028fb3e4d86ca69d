"""What must hold over the repository's files and is nobody's test otherwise."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
ANALYSIS = [path for path in PROJECT.glob("python_models/*/*") if path.suffix in {".py", ".sql"}]
MODELS = sorted([*PROJECT.glob("models/**/*.sql"), *ANALYSIS])
LAYER = {path.stem: path.relative_to(PROJECT).parts[1] for path in MODELS} | {
    path.stem: "analysis" for path in ANALYSIS
}
SEEDS = {path.stem for path in PROJECT.glob("seeds/**/*.csv")}
PROJECT_SETTINGS = yaml.load((PROJECT / "dbt_project.yml").read_text("utf-8"), yaml.CSafeLoader)
LARGEST_FILE_BYTES = 1_000_000
MOST_TARGETS = 15

# A folder of one machine: the start of a path, not the middle of one.
ABSOLUTE_PATH = re.compile(r"(?<![\w.})*-])/(?:work|tmp|root)\b")
TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)(.*)$", re.MULTILINE)
VAR = re.compile(r"\b(?:valid_)?var\(\s*['\"](\w+)['\"]\s*(,)?")
REF = re.compile(r"\bref\(\s*['\"](\w+)['\"]\s*\)")


@cache
def committed_files() -> list[Path]:
    """What git tracks, and what it would if everything were added now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git repository")
    return [path for name in done.stdout.split("\0") if name and (path := PROJECT / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def refs_of(path: Path) -> set[str]:
    return set(REF.findall(text_of(path)))


def model_entry(path: Path) -> dict:
    [entry] = yaml.load(text_of(path.with_suffix(".yml")), yaml.CSafeLoader)["models"]
    return entry


def test_the_makefile_is_short_and_explains_itself():
    targets = dict(TARGET.findall(text_of(PROJECT / "Makefile")))
    assert len(targets) <= MOST_TARGETS
    assert [name for name, rest in targets.items() if "## " not in rest] == []


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "CONTRIBUTING.md",
        ".github/workflows/ci.yml",
        ".github/workflows/nightly.yml",
    ],
)
def test_documents_name_only_targets_that_exist(document):
    targets = {name for name, _ in TARGET.findall(text_of(PROJECT / "Makefile"))}
    text = text_of(PROJECT / document)
    code = re.findall(r"```.*?```|`[^`\n]+`|run: .*", text, re.DOTALL if "md" in document else 0)
    named = {name for part in code for name in re.findall(r"\bmake ([a-z][a-z-]*)", part)}
    assert named and named <= targets


def test_no_file_is_large():
    sizes = {path.name: path.stat().st_size for path in committed_files()}
    assert {name: size for name, size in sizes.items() if size > LARGEST_FILE_BYTES} == {}


def test_no_file_names_a_folder_of_one_machine():
    found = []
    for path in committed_files():
        for number, line in enumerate(path.read_bytes().decode(errors="replace").splitlines(), 1):
            if ABSOLUTE_PATH.search(line):
                found.append(f"{path.relative_to(PROJECT)}:{number}: {line.strip()[:80]}")
    assert found == []


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_every_model_is_described_beside_it(model):
    entry = model_entry(model)
    assert entry["name"] == model.stem
    assert entry["description"].strip() and entry["columns"]


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_layers_read_only_what_is_below_them(model):
    layer = LAYER[model.stem]
    assert layer == "staging" or not re.search(r"\bsource\(\s*['\"]", text_of(model))
    above = {
        "staging": {"intermediate", "marts", "analysis"},
        "intermediate": {"marts", "analysis"},
    }.get(layer, set())
    assert {name for name in refs_of(model) if LAYER.get(name) in above} == set()
    assert refs_of(model) <= LAYER.keys() | SEEDS


def test_the_quality_marts_are_read_by_nobody_else():
    quality = {path.stem for path in PROJECT.glob("models/marts/quality/*.sql")}
    readers = {path.stem for path in MODELS if refs_of(path) & quality}
    assert readers <= quality


def test_every_variable_is_declared_once_and_used():
    used = set()
    folders = ("models/**/*.*", "macros/**/*.sql", "python_models/**/*.*", "tests/**/*.sql")
    for pattern in (*folders, "src/**/*.py"):
        for path in PROJECT.glob(pattern):
            for name, comma in VAR.findall(text_of(path)):
                assert not comma, f"{path.name}: var('{name}') has a default of its own"
                used.add(name)
    assert used == set(PROJECT_SETTINGS["vars"])


def test_all_event_sources_have_the_same_columns_in_the_same_order():
    path_of = {path.stem: path for path in MODELS}
    sources = PROJECT_SETTINGS["vars"]["event_models"]
    columns = {
        name: [column["name"] for column in model_entry(path_of[name])["columns"]]
        for name in sources
    }
    assert len(sources) >= 10
    expected = columns["stg_amplitude__events"]
    assert {name for name, listed in columns.items() if listed != expected} == set()


def tagged_columns(columns: list[dict]) -> set[str]:
    return {
        column["name"]
        for column in columns
        if column.get("config", {}).get("meta", {}).get("personal")
    }


def source_tables() -> dict[tuple[str, str], list[dict]]:
    files = PROJECT.glob("models/staging/*/_sources.yml")
    sources = [entry for f in files for entry in yaml.load(text_of(f), yaml.CSafeLoader)["sources"]]
    return {(s["name"], t["name"]): t["columns"] for s in sources for t in s["tables"]}


def test_columns_that_say_they_are_personal_are_tagged_and_no_others():
    wrong = {
        f"{source}.{table}.{column['name']}"
        for (source, table), columns in source_tables().items()
        for column in columns
        if ("personal" in column["description"]) != (column["name"] in tagged_columns([column]))
    }
    assert wrong == set()
    assert sum(len(tagged_columns(columns)) for columns in source_tables().values()) >= 30


def test_a_personal_column_that_passes_staging_as_it_is_stays_tagged():
    """`email` within hashed() does not pass; `title` alone, or under another name, does."""
    passed = {}
    for model in (path for path in MODELS if LAYER[path.stem] == "staging"):
        for table in re.findall(r"\bsource\('(\w+)', '(\w+)'\)", text_of(model)):
            for name in tagged_columns(source_tables()[table]):
                as_it_is = rf"^ +{name}(?: as (\w+))?,?$"
                found = re.findall(as_it_is, text_of(model), re.MULTILINE)
                passed.setdefault(model, set()).update(given or name for given in found)
    assert {path.stem: names for path, names in passed.items() if names} == {
        "stg_pipedrive__activities": {"subject"},
        "stg_pipedrive__deals": {"title"},
        "stg_shopify__orders": {"cart_token", "landing_page", "referrer"},
    }
    for model, names in passed.items():
        assert names == tagged_columns(model_entry(model)["columns"]), model.stem


def test_no_column_below_staging_is_personal():
    """By tag, and by name where a model reads one that has a tagged column."""
    tagged = {path.stem: tagged_columns(model_entry(path)["columns"]) for path in MODELS}
    found = {}
    for model in (path for path in MODELS if LAYER[path.stem] != "staging"):
        listed = {column["name"] for column in model_entry(model)["columns"]}
        read = set().union(*(tagged.get(name, set()) for name in refs_of(model)))
        if wrong := tagged[model.stem] | listed & read:
            found[model.stem] = wrong
    assert found == {}
