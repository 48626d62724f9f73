"""The public CI, read but not run: valid by the published schemas, and it proves what it should."""

import itertools
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
GITHUB = ROOT / ".github"
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

# file -> the schemas that check-jsonschema carries for it
SCHEMAS = {
    ".github/workflows/course.yml": ("vendor.github-workflows", "require-timeout"),
    ".github/workflows/weekly.yml": ("vendor.github-workflows", "require-timeout"),
    ".github/actions/prove/action.yml": ("vendor.github-actions",),
    "CITATION.cff": ("vendor.citation-file-format",),
}
SYSTEMS = {"ubuntu-latest", "macos-latest", "windows-latest"}
PYTHONS = {"3.11", "3.12", "3.13"}


def read(name):
    """A YAML file with every scalar as it is spelled: YAML 1.1 takes `on` for true, 3.10 for 3.1."""
    return yaml.load((GITHUB / name).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


@pytest.fixture(scope="module")
def course():
    return read("workflows/course.yml")


@pytest.fixture(scope="module")
def weekly():
    return read("workflows/weekly.yml")


@pytest.fixture(scope="module")
def prove():
    return read("actions/prove/action.yml")["runs"]["steps"]


def every_step():
    for path in GITHUB.rglob("*.yml"):
        content = read(path.relative_to(GITHUB))
        jobs = content.get("jobs", {}).values()
        for job in [*jobs, content.get("runs", {})]:
            yield from job.get("steps", ())


def combinations(job):
    """(system, Python) of every run of a job."""
    matrix = job["strategy"]["matrix"]
    if "include" in matrix:
        return {(run["os"], run["python"]) for run in matrix["include"]}
    return set(itertools.product(matrix["os"], matrix["python"]))


def complaint(path, schema):
    """What check-jsonschema says against a file; empty if it is valid. Offline: it carries these."""
    builtin = schema if "." in schema else f"custom.github-workflows-{schema}"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", builtin, str(path)]
    run = subprocess.run(command, capture_output=True, text=True)
    return run.stdout + run.stderr if run.returncode else ""


@pytest.mark.parametrize(
    ("name", "schema"), [(name, schema) for name in SCHEMAS for schema in SCHEMAS[name]]
)
def test_is_valid(name, schema):
    assert not complaint(ROOT / name, schema)


def test_every_file_is_held_to_a_schema():
    files = {path.relative_to(ROOT).as_posix() for path in GITHUB.rglob("*") if path.is_file()}
    assert files == {name for name in SCHEMAS if name.startswith(".github/")}


@pytest.mark.parametrize(
    ("right", "wrong", "schema"),
    [
        ("runs-on:", "run-on:", "vendor.github-workflows"),
        ("    steps:", "    stages:", "vendor.github-workflows"),
        ("contents: read", "contents: reads", "vendor.github-workflows"),
        ("pull_request:", "pull_requests:", "vendor.github-workflows"),
        ("timeout-minutes: 120", "continue-on-error: true", "require-timeout"),
    ],
)
def test_the_schema_sees_a_mistake(tmp_path, right, wrong, schema):
    text = (GITHUB / "workflows/course.yml").read_text(encoding="utf-8")
    assert right in text
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    assert "broken.yml" in complaint(broken, schema)


def test_every_change_is_proven(course):
    assert {"push", "pull_request"} <= set(course["on"])
    found = combinations(course["jobs"]["prove"])
    assert {system for system, _ in found} == SYSTEMS
    assert {python for system, python in found if system == "ubuntu-latest"} == PYTHONS


def test_once_a_week_everything_is_proven(weekly):
    (when,) = weekly["on"]["schedule"]
    minute, hour, day_of_month, month, day_of_week = when["cron"].split()
    assert (day_of_month, month) == ("*", "*")
    assert minute.isdigit() and hour.isdigit() and day_of_week in set("0123456")
    assert combinations(weekly["jobs"]["prove"]) == set(itertools.product(SYSTEMS, PYTHONS))
    assert {"run": ".ci/run"} in weekly["jobs"]["backends"]["steps"]


def test_both_may_be_started_by_hand(course, weekly):
    assert "workflow_dispatch" in course["on"] and "workflow_dispatch" in weekly["on"]


def test_both_do_the_same(course, weekly):
    for workflow in (course, weekly):
        job = workflow["jobs"]["prove"]
        assert job["runs-on"] == "${{ matrix.os }}"
        assert job["strategy"]["fail-fast"] == "false", (
            "one system's failure must not hide another's"
        )
        checkout, proof = job["steps"]
        assert checkout["uses"].startswith("actions/checkout@")
        assert proof == {
            "uses": "./.github/actions/prove",
            "with": {"python": "${{ matrix.python }}"},
        }


def test_pythons_are_the_makefiles():
    lowest, highest = re.search(r"\((3, \d+)\) <= .* <= \((3, \d+)\)", MAKEFILE).groups()
    versions = sorted(tuple(map(int, python.split("."))) for python in PYTHONS)
    assert versions == [(3, minor) for minor in range(versions[0][1], versions[-1][1] + 1)]
    assert (str(versions[0]), str(versions[-1])) == (f"({lowest})", f"({highest})")


def test_they_may_only_read_and_do_not_pile_up(course, weekly):
    for workflow in (course, weekly):
        assert workflow["permissions"] == {"contents": "read"}
        assert all("permissions" not in job for job in workflow["jobs"].values())
        assert workflow["concurrency"]["cancel-in-progress"] == "true"
        assert "${{ github.ref }}" in workflow["concurrency"]["group"]


def test_actions_are_githubs_own_at_a_major_version():
    used = [step["uses"] for step in every_step() if "uses" in step]
    assert used
    for action in used:
        if action.startswith("./"):
            assert (ROOT / action / "action.yml").is_file()
        else:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", action)


def test_data_is_cached_by_its_registry(prove, weekly):
    for steps in (prove, weekly["jobs"]["backends"]["steps"]):
        uses = [step.get("uses", "").partition("@")[0] for step in steps]
        cache = steps[uses.index("actions/cache")]
        assert uses.index("actions/cache") < next(i for i, s in enumerate(steps) if "run" in s)
        assert "hashFiles('data/sources.toml')" in cache["with"]["key"]
        assert "runner.os" in cache["with"]["key"]
        # a trailing slash: folders only, or an old registry would be put over the new one
        assert cache["with"]["path"] == "data/*/"
    sources = tomllib.loads((ROOT / "data" / "sources.toml").read_text(encoding="utf-8"))
    assert all(fnmatch(f"data/{name}/", "data/*/") for name in sources)


def test_linux_and_macos_run_make_test_and_windows_what_it_does(prove):
    steps = {step["if"]: step for step in prove if "run" in step}
    assert set(steps) == {"runner.os != 'Windows'", "runner.os == 'Windows'"}
    assert all(step["shell"] == "bash" for step in steps.values())
    assert steps["runner.os != 'Windows'"]["run"] == "make test"
    by_hand = steps["runner.os == 'Windows'"]["run"]
    assert [line.split(" ", 2)[:2] for line in by_hand.splitlines() if line[0] == "c"] == [
        ["course", "data"],
        ["course", "test"],
    ]
    for install in ("-r requirements.lock", "--no-deps -e ."):
        assert install in by_hand and install in MAKEFILE


def test_commands_exist():
    shown = subprocess.run(
        [sys.executable, "-m", "course_lib.runner.cli", "--help"], capture_output=True, text=True
    ).stdout
    commands = set(re.findall(r"^ {4}([a-z]+) ", shown, re.M))
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.M))
    scripts = "\n".join(step["run"] for step in every_step() if "run" in step)
    assert set(re.findall(r"^make ([a-z]+)", scripts, re.M)) <= targets
    assert set(re.findall(r"^course ([a-z]+)", scripts, re.M)) <= commands
    for path in re.findall(r"^(\.\S+/\S+)", scripts, re.M):
        assert (ROOT / path).is_file()


def test_no_host_is_named():
    for path in GITHUB.rglob("*.yml"):
        assert "://" not in path.read_text(encoding="utf-8")


def test_windows_gets_the_same_bytes():
    assert "* text=auto eol=lf" in (ROOT / ".gitattributes").read_text(encoding="utf-8")
