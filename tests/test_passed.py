"""Which lessons need not run again, and which tests a change can break."""

from pathlib import Path

from course_lib.runner import arithmetic, notebook, passed, proof
from course_lib.runner.notebook import LessonError

import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A course of one lesson, which imports one module through another."""
    monkeypatch.setattr(
        arithmetic, "_measured", lambda environment: {"blas": dict(environment).get("BLAS", "1")}
    )
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    files = {
        "course_lib/__init__.py": "",
        "course_lib/cells.py": "from course_lib import checks\n",
        "course_lib/checks.py": "",
        "course_lib/claims.py": "",
        "tests/nbval.cfg": "",
        "tests/parity.py": "from course_lib import cells\n",
        "tests/test_cells.py": "import parity\n",
        "tests/test_claims.py": "from course_lib.claims import Claims\n",
        "tests/test_house.py": "",
        "pyproject.toml": "",
        "data/toy/.stamp.json": '{"toy.csv": {"sha256": "a"}}',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "notebooks").mkdir()
    cells = [new_code_cell("%matplotlib inline\nfrom course_lib.cells import GRUCell")]
    notebook.write_notebook(new_notebook(cells=cells), tmp_path / "notebooks" / "01_one.ipynb")
    return tmp_path


def memory(checkout, **environment):
    return passed.Passed(checkout, environment)


def test_what_has_passed_is_remembered(checkout):
    lesson = checkout / "notebooks" / "01_one.ipynb"
    assert not memory(checkout).holds(lesson)
    assert memory(checkout).seconds(lesson) is None
    memory(checkout).add(lesson, 12.34)
    assert memory(checkout).holds(lesson)
    assert memory(checkout).seconds(lesson) == 12.3


@pytest.mark.parametrize(
    "changed",
    [
        "notebooks/01_one.ipynb",
        "course_lib/__init__.py",
        "course_lib/cells.py",
        "course_lib/checks.py",
        "tests/nbval.cfg",
        "pyproject.toml",
        "data/toy/.stamp.json",
        "results/01_one.json",
    ],
)
def test_a_change_of_what_a_lesson_depends_on_is_seen(checkout, changed):
    lesson = checkout / "notebooks" / "01_one.ipynb"
    memory(checkout).add(lesson, 1)
    path = checkout / changed
    old = path.read_text() if path.exists() else ""
    path.write_text(old.replace('"a"', '"b"') + "\n")
    assert not memory(checkout).holds(lesson)


def test_another_arithmetic_or_package_is_seen_and_another_module_is_not(checkout, monkeypatch):
    lesson = checkout / "notebooks" / "01_one.ipynb"
    memory(checkout).add(lesson, 1)
    (checkout / "course_lib" / "claims.py").write_text("changed = True\n")
    assert memory(checkout).holds(lesson)
    assert not memory(checkout, BLAS="2").holds(lesson)
    monkeypatch.setattr(passed.metadata, "distributions", lambda: [])
    assert not memory(checkout).holds(lesson)


def test_a_damaged_or_read_only_memory_only_runs_lessons_again(checkout, monkeypatch):
    lesson = checkout / "notebooks" / "01_one.ipynb"
    (checkout / "results").mkdir(exist_ok=True)
    (checkout / "results" / ".passed.json").write_text("{")
    assert not memory(checkout).holds(lesson)

    def refuse(path, content):
        raise PermissionError(path)

    monkeypatch.setattr(passed.machine, "write_atomically", refuse)
    memory(checkout).add(lesson, 1)


def test_a_cell_that_is_not_python_is_named(checkout):
    lesson = checkout / "notebooks" / "02_two.ipynb"
    notebook.write_notebook(new_notebook(cells=[new_code_cell("1 +")]), lesson)
    with pytest.raises(LessonError, match=r"02_two.ipynb has a cell that is not Python"):
        passed.modules_of(lesson, checkout)


def test_a_lesson_imports_what_it_names_and_what_that_imports():
    lesson = next((ROOT / "notebooks").glob("11_*.ipynb"))
    modules = {path.relative_to(ROOT).as_posix() for path in passed.modules_of(lesson, ROOT)}
    assert modules >= {
        "course_lib/cells.py",  # through recurrent
        "course_lib/datasets/conll2003.py",
        "course_lib/machine.py",  # through claims
        "course_lib/plots/style.py",
        "course_lib/tagging.py",
    }
    assert "course_lib/forecasting/canaries.py" not in modules


def test_the_tests_of_a_change_are_those_that_import_it(checkout):
    def names(*changed):
        return [path.stem for path in proof.tests_of(checkout, [checkout / it for it in changed])]

    assert names() == ["test_house"]
    assert names("course_lib/checks.py") == ["test_cells", "test_house"]
    assert names("course_lib/claims.py", "README.md") == ["test_claims", "test_house"]
    assert names("tests/parity.py") == ["test_cells", "test_house"]
    assert names("tests/test_claims.py") == ["test_claims", "test_house"]
