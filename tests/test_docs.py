"""The pages people read first: their links lead somewhere, their commands exist, their code runs."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from test_notebooks import broken_links, links

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

# The README once had 1,470 words, and nobody read it to the end. Its map grows with the course.
WORDS_WITHOUT_THE_MAP = 370
WORDS_IN_A_ROW = 30


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def code(text):
    """Everything a page sets as code, line by line, without its comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    lines = [*"".join(blocks).splitlines(), *re.findall(r"`([^`\n]+)`", prose)]
    return [line.partition(" #")[0].strip() for line in lines]


def make_targets(text):
    return {found for line in code(text) for found in re.findall(r"^make ([a-z]+)", line)}


def course_calls(text):
    """(words, options) of each `course ...` on a page: of `course data fetch --all` "data", "fetch"."""
    calls = [line.split()[1:] for line in code(text) if line.startswith("course ")]
    return {
        (
            tuple(word for word in call if not word.startswith("-")),
            tuple(word for word in call if word.startswith("--")),
        )
        for call in calls
    }


def help_of(*arguments):
    command = [sys.executable, "-m", "course_lib.runner.cli", *arguments, "--help"]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    assert not list(broken_links(read(name), ROOT / name))


def test_every_page_is_linked_from_another():
    linked = set()
    for name in PAGES:
        targets = [link.partition("#")[0] for link in links(read(name)) if "://" not in link]
        linked |= {((ROOT / name).parent / target).resolve() for target in targets if target}
    assert {ROOT / name for name in PAGES[1:]} <= linked


@pytest.mark.parametrize("name", PAGES)
def test_make_targets_exist(name):
    assert make_targets(read(name)) <= set(re.findall(r"^([a-z]+):", MAKEFILE, re.M))


@pytest.fixture(scope="module")
def commands():
    return set(re.findall(r"^ {4}([a-z]+) ", help_of(), re.M))


@pytest.mark.parametrize("name", PAGES)
def test_course_commands_and_their_options_exist(name, commands):
    for words, options in course_calls(read(name)):
        assert words[0] in commands
        known = help_of(*words) if options else ""
        unknown = [option for option in options if option not in known]
        assert not unknown, f"`course {' '.join(words)}` has no {unknown}"


@pytest.mark.parametrize("name", PAGES)
def test_files_named_in_code_exist(name):
    named = re.findall(
        r"(?<![\w/.])((?:tests|notebooks|data|\.ci)/[\w./]+\w)", "\n".join(code(read(name)))
    )
    missing = [path for path in named if not (ROOT / path).exists()]
    assert [path for path in missing if "my_lesson" not in path] == []


@pytest.mark.parametrize("name", PAGES)
def test_examples_run(name, tmp_path):
    for example in re.findall(r"^```python\n(.*?)^```", read(name), re.M | re.S):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COURSE_RESULTS": str(tmp_path)}
        run = subprocess.run(
            [sys.executable, "-c", example],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert not run.returncode, run.stderr


def test_the_readme_is_short_and_has_one_row_a_lesson():
    lines = read("README.md").splitlines()
    rows = [line for line in lines if line.startswith("|")][2:]
    prose = [line for line in lines if not line.startswith("|")]
    assert len(" ".join(prose).split()) <= WORDS_WITHOUT_THE_MAP
    assert all(len(row.split()) <= WORDS_IN_A_ROW for row in rows)
    linked = [re.search(r"\(notebooks/([^)]+)\)", row)[1] for row in rows]
    assert linked == sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_the_readme_says_how_much_is_downloaded():
    sources = tomllib.loads(read("data/sources.toml"))
    megabytes = sum(it["size"] for it in sources.values() if not it.get("on_demand")) / 1e6
    said = int(re.search(r"downloads (\d+) MB of data", read("README.md"))[1])
    assert abs(said - megabytes) < 5


def test_no_page_names_a_folder_of_anybodys_machine():
    for name in PAGES:
        assert not re.search(r"(?<![\w.])/(home|root|tmp|Users|work)/\w", read(name))


def test_commands_are_found_where_pages_set_them():
    page = "run `make one` or `course run 03 --all`, not `nomake x`\n```sh\nmake two  # make three\n```\n"
    assert make_targets(page) == {"one", "two"}
    assert course_calls(page) == {(("run", "03"), ("--all",))}
