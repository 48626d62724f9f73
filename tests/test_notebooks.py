"""Every lesson as a file: in the form `course run` writes, tidy, and fit to be read by strangers.

Nothing is executed here; `course test` does that.
"""

import base64
import itertools
import json
import re
import subprocess
import time
from pathlib import Path

from course_lib.runner import comparison
from course_lib.runner.notebook import is_normal, lessons, normalise, read_notebook, to_bytes

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parents[1]
LESSONS = lessons(ROOT / "notebooks")

LINES_IN_A_CELL = 25
WORDS, LINES, LONG_BRACKETS = (
    1800,
    200,
    3,
)  # before the exercises; a bracket of over six words is long
BYTES_IN_A_LESSON = 3_000_000
BYTES_IN_AN_IMAGE = 400_000  # base64, as the file holds it

TAGS = {
    "parameters",
    "raises-exception",
    "nbval-ignore-output",
    "nbval-skip",
    comparison.TRAINS,
    comparison.GENERATED,
}

# A folder of somebody's machine; a lone "/tmp" in prose is none.
ABSOLUTE_PATH = re.compile(r"(?<![\w.])(/(home|root|tmp|Users|var|opt|mnt)/\w|[A-Z]:\\\\?\w)")

LOG_NOISE = re.compile(
    r"oneDNN|WARNING:|\wWarning:|cuda|libdevice|absl::|^[IWEF]\d{4} \d\d:|tensorflow/core|\r|\x08",
    re.M,
)

MARKDOWN_LINK = re.compile(r"\[[^\]]{0,500}\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
HTML_LINK = re.compile(r"(?:src|href)=[\"']([^\"']+)[\"']")


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return request.param


@pytest.fixture(scope="module")
def notebook(lesson):
    return read_notebook(lesson)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def needs_optional_package(source):
    return re.search(r"except .*(ModuleNotFoundError|ImportError)", source) is not None


def outputs(notebook):
    """(cell, output) of all code cells."""
    return [(cell, output) for cell in code_cells(notebook) for output in cell.outputs]


def shown(output):
    """All text that a reader sees of one output."""
    texts = [value for mime, value in output.get("data", {}).items() if mime.startswith("text/")]
    return "\n".join([*texts, output.get("text", ""), output.get("evalue", "")])


def tags(cell):
    return set(cell.metadata.get("tags", ()))


def test_there_are_lessons():
    assert LESSONS, "expected lessons named NN_name.ipynb in notebooks/, found none"
    strangers = sorted(
        path.name for path in (ROOT / "notebooks").glob("*.ipynb") if path not in LESSONS
    )
    assert not strangers, f"lessons are named NN_name.ipynb, but there are {strangers}"


def test_is_as_course_run_writes_it(lesson):
    number = lesson.stem.partition("_")[0]
    assert is_normal(lesson), (
        f"{lesson.name} is not in normal form: run it with `make run LESSON={number}` and commit "
        "what that writes"
    )


def test_was_run_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_one_parameters_cell_comes_first(notebook):
    tagged = ["parameters" in tags(cell) for cell in code_cells(notebook)]
    assert tagged[:1] == [True], "the first code cell must be tagged `parameters`"
    assert sum(tagged) == 1
    lines = code_cells(notebook)[0].source.splitlines()
    dial = [line for line in lines if re.match(r"PROFILE\b", line)]
    assert len(dial) == 1
    assert re.fullmatch(r'PROFILE = "laptop"(\s+#.*)?', dial[0])


def test_uses_known_tags_only(notebook):
    unknown = set().union(*map(tags, notebook.cells)) - TAGS
    assert not unknown, f"expected tags out of {sorted(TAGS)}, received {sorted(unknown)}"


def test_what_an_optional_package_prints_is_not_compared(notebook):
    """Where the package is missing, the cell says so instead, and that must not count as a change."""
    for cell in code_cells(notebook):
        if needs_optional_package(cell.source):
            assert "nbval-ignore-output" in cell.metadata.get("tags", []), cell.source


def test_optional_packages_are_seen():
    assert needs_optional_package("try:\n    import torch\nexcept ModuleNotFoundError:\n    pass")
    assert needs_optional_package(
        "try:\n    import torch\nexcept (OSError, ImportError):\n    pass"
    )
    assert not needs_optional_package("import numpy\ntry:\n    f()\nexcept ValueError:\n    pass")


def test_shows_no_error_that_it_does_not_announce(notebook):
    failed = [
        output.ename
        for cell, output in outputs(notebook)
        if output.output_type == "error" and "raises-exception" not in tags(cell)
    ]
    assert not failed


def test_names_no_folder_of_anybodys_machine(notebook):
    texts = [cell.source for cell in notebook.cells]
    texts += [shown(output) for _, output in outputs(notebook)]
    found = [match[0] for text in texts for match in ABSOLUTE_PATH.finditer(text)]
    assert not found


def test_outputs_are_results_not_logs(notebook):
    for _, output in outputs(notebook):
        assert output.get("name") != "stderr", f"written to stderr: {output.text[:300]}"
        noise = LOG_NOISE.search(shown(output))
        assert not noise, f"{noise[0]!r} in an output: {shown(output)[:300]}"


def test_cells_fit_on_a_screen(notebook):
    for cell in code_cells(notebook):
        lines = len(cell.source.splitlines())
        assert lines <= LINES_IN_A_CELL, f"{lines} lines, from {cell.source.splitlines()[0]!r}"


def before_the_exercises(notebook):
    """(words of prose, lines of code, brackets of more than six words) up to the heading "Exercises"."""
    prose, lines = [], 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            lines += sum(bool(line.strip()) for line in cell.source.splitlines())
        elif re.search(r"^#+ .*(Exercises|Solution)", cell.source, re.M):
            break
        else:
            prose.append(re.sub(r"\$[^$]*\$|\|.*\||`[^`]*`", " ", cell.source))
    text = " ".join(prose)
    brackets = re.findall(r"\(([^()]*)\)", text)
    return len(text.split()), lines, sum(len(bracket.split()) > 6 for bracket in brackets)


def test_is_short(notebook):
    words, lines, brackets = before_the_exercises(notebook)
    assert words <= WORDS, f"{words} words of prose before the exercises"
    assert lines <= LINES, f"{lines} lines of code before the exercises"
    assert brackets <= LONG_BRACKETS, f"{brackets} brackets of more than six words"


def test_every_claim_is_checked_in_the_end(notebook):
    """What stands after the last `claims.check()` would be claimed, and never held to its bound."""
    made = [cell.source for cell in code_cells(notebook) if re.search(r"\bclaims\.", cell.source)]
    assert all("claims.check()" not in source for source in made[:-1])
    assert made[-1].rstrip().endswith("claims.check()"), (
        "the last claims of the lesson go unchecked"
    )


def test_what_is_long_is_seen():
    cells = [
        ("markdown", "one two `three` $x^2$ (a bracket that has as many as eight words)"),
        ("code", "a = 1\n\nb = 2"),
        ("markdown", "## 9 Exercises\nand more words"),
        ("code", "c = 3"),
    ]
    made = [new_markdown_cell(s) if kind == "markdown" else new_code_cell(s) for kind, s in cells]
    assert before_the_exercises(new_notebook(cells=made)) == (11, 2, 1)


def test_a_lesson_that_trains_says_where(notebook):
    """From the cell tagged `trains` on, digits are compared on the same arithmetic only."""
    tagged = [comparison.TRAINS in tags(cell) for cell in code_cells(notebook)]
    assert sum(tagged) <= 1
    for cell, so_far in zip(code_cells(notebook), itertools.accumulate(tagged), strict=True):
        trains = re.search(r"^(?!\s).*\.fit\(", cell.source, re.M)  # not in a function's body
        assert so_far or not trains, f"tag it `trains`: {cell.source.splitlines()[0]!r}"


def test_is_small(lesson, notebook):
    assert lesson.stat().st_size <= BYTES_IN_A_LESSON
    for cell, output in outputs(notebook):
        for mime, value in output.get("data", {}).items():
            if mime.startswith("image/"):
                start = cell.source.splitlines()[0]
                assert len(value) <= BYTES_IN_AN_IMAGE, f"{mime} of the cell from {start!r}"


def test_begins_with_its_title(notebook):
    assert notebook.cells[0].source.startswith("# ")


def links(text):
    """What a Markdown text links to or shows, without what stands in its code."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)
    return MARKDOWN_LINK.findall(prose) + HTML_LINK.findall(prose)


def anchors(path):
    """The fragments that a file's headings can be reached by, on code hosts and in Jupyter."""
    if path.suffix == ".ipynb":
        text = "\n".join(c.source for c in read_notebook(path).cells if c.cell_type == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ +(.+?) *$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    plain = [re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading) for heading in headings]
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}
    named = set(re.findall(r"<a (?:id|name)=[\"']([^\"']+)", text))
    return slugs | named | {heading.replace(" ", "-") for heading in plain}


def broken_links(text, page):
    """Local links of `text`, which stands in the file `page`, that lead nowhere."""
    for link in links(text):
        if re.match(r"[a-z][a-z+.-]*:", link):
            continue
        target, _, fragment = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (fragment and path.is_file() and fragment not in anchors(path)):
            yield link


def test_links_lead_somewhere(lesson, notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert not list(broken_links(text, lesson))


def test_every_lesson_names_the_next_one():
    """In the order of their numbers, which is the order of reading."""
    for lesson, following in itertools.pairwise(LESSONS):
        cells = read_notebook(lesson).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        links = re.findall(r"\*\*Next:\*\* \[[^]]+\]\(([^)]+)\)", text)
        assert links == [following.name], f"{lesson.stem} must end with **Next:** and its link"


@pytest.mark.parametrize("name", ["README.md", "data/README.md"])
def test_links_of_pages_lead_somewhere(name):
    page = ROOT / name
    assert page.is_file(), f"expected {name}"
    assert not list(broken_links(page.read_text(encoding="utf-8"), page))


def test_link_checker_sees_what_is_broken(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A heading: `one`\n")
    (tmp_path / "there.md").write_text("## Two words\n")
    text = (
        "[a](there.md) [b](there.md#two-words) [c](#a-heading-one) [d](mailto:x) `[e](nowhere)`"
        ' [f](gone.md) [g](there.md#three) ![h](gone.png) <img src="gone.svg">'
    )
    assert list(broken_links(text, page)) == ["gone.md", "there.md#three", "gone.png", "gone.svg"]


def committed():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.split("\0") if name]


def test_no_data_is_committed():
    data = [name for name in committed() if name.startswith("data/")]
    assert set(data) <= {"data/.gitignore", "data/README.md", "data/sources.toml"}


def test_no_leftovers_are_committed():
    leftovers = re.compile(
        r"\.(keras|h5|npy|npz|parquet|pyc|whl)$|checkpoint|__pycache__|\.DS_Store"
    )
    assert not [name for name in committed() if leftovers.search(name)]


def test_noise_and_paths_are_seen():
    for noise in ("WARNING:tensorflow:x", "UserWarning: y", "I0000 00:00:17 x", "oneDNN custom"):
        assert LOG_NOISE.search(noise)
    for path in ("/home/ada/x.py", "in /tmp/ipykernel_1/2.py", r"C:\Users\ada"):
        assert ABSOLUTE_PATH.search(path)
    for text in ("and/or", "https://example.org/home/x", "3 s/epoch", "ratio A:B"):
        assert not ABSOLUTE_PATH.search(text)


@pytest.mark.parametrize("text", ["a", "a ", "[", "`", "#", "# ", "(", "/", "src=", "\n"])
def test_long_texts_cost_no_time(text, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(text * 50_000)
    started = time.monotonic()
    for expression in (ABSOLUTE_PATH, LOG_NOISE):
        expression.search(text * 50_000)
    anchors(page), links(text * 50_000)
    assert time.monotonic() - started < 5  # `\w+Warning:` takes time with the square of the length


def test_normal_form_is_stable(notebook):
    once = to_bytes(normalise(notebook))
    assert to_bytes(normalise(notebook)) == once
    assert json.loads(once)["metadata"].keys() == {"arithmetic", "kernelspec", "language_info"}


@pytest.mark.parametrize(
    ("picture", "lesson", "cell_id"),
    [
        ("word_by_word.png", "10_", "10-prefixes"),  # on the first page of the README
        ("02_boy_meets_girl.png", "02_", "02-colours-code"),  # at the top of the lesson
        ("05_the_door.png", "05_", "05-door"),  # at the top of the lesson
    ],
)
def test_a_picture_outside_its_lesson_is_the_lessons(picture, lesson, cell_id):
    """After `make run` of the lesson take the figure of this cell into results/ again."""
    notebook = read_notebook(next(path for path in LESSONS if path.stem.startswith(lesson)))
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    figures = [o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})]
    saved = (ROOT / "results" / picture).read_bytes()
    assert [base64.b64decode(figure) for figure in figures] == [saved]
