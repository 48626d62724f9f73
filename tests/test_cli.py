"""The `course` command from outside: exit codes, and messages that say what to do."""

import io
import os
import signal
import sys
import threading
import time

from course_lib.runner import cli, notebook, proof
from course_lib.runner.notebook import LessonError

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """Three tiny lessons; the second one fails."""
    (tmp_path / "notebooks").mkdir()
    for name, code in (("01_one", "1 + 1"), ("02_two", "1 / 0"), ("03_three", "PROFILE")):
        dial = new_code_cell('PROFILE = "laptop"', metadata={"tags": ["parameters"]})
        cells = [new_markdown_cell(f"# Lesson {name}"), dial, new_code_cell(code)]
        path = tmp_path / "notebooks" / f"{name}.ipynb"
        notebook.write_notebook(notebook.normalise(new_notebook(cells=cells)), path)
    for module in (cli, notebook):
        monkeypatch.setattr(module, "notebooks_folder", lambda: tmp_path / "notebooks")
    return tmp_path / "notebooks"


def test_list_shows_numbers_and_titles(lessons, capsys):
    assert cli.main(["list"]) == 0
    first, *_ = capsys.readouterr().out.splitlines()
    assert first.split(maxsplit=1) == ["01_one", "Lesson 01_one"]


def test_run_all_goes_on_after_a_failure_and_fails(lessons, capsys):
    assert cli.main(["run", "--all"]) == 1
    out, err = capsys.readouterr()
    assert "01_one: ran" in out
    assert "03_three: ran" in out
    assert "02_two: Cell 3 of 3" in err
    assert "ZeroDivisionError" in err
    assert "failed: 02_two" in err
    assert notebook.read_notebook(lessons / "03_three.ipynb").cells[2].execution_count == 2


def test_run_of_an_unknown_lesson_lists_the_lessons(lessons, capsys):
    assert cli.main(["run", "42"]) == 1
    assert "no lesson is called '42'" in (err := capsys.readouterr().err)
    assert "01_one" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected lessons to run, or --all"),
        (["01", "--all"], "expected lessons to run, or --all"),
        (["01", "03", "--output", "x.ipynb"], "2 were asked for"),
        (["01", "--output", "no/such/folder/x.ipynb"], "no/such/folder does not exist"),
        (["01", "--output", "."], "Expected a file to write to, but . is a folder"),
        (["01", "--output", os.devnull], f"but {os.devnull} is none"),
        (["01", "--profile", "huge"], "invalid choice: 'huge'"),
    ],
)
def test_wrong_usage_is_told_before_anything_runs(lessons, capsys, arguments, message, monkeypatch):
    monkeypatch.setattr(cli, "run_lesson", _never)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["run", *arguments])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err.replace("\\", "/")


def _never(*_, **__):
    raise AssertionError("something ran")


def test_one_notebook_that_cannot_be_read_hides_no_other(lessons, capsys):
    (lessons / "02_two.ipynb").write_text("")
    (lessons / "04_a_folder.ipynb").mkdir()
    assert cli.main(["list"]) == 1
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["01_one", "03_three"]
    assert "02_two.ipynb cannot be read as a notebook" in err
    assert "04_a_folder" not in err


def test_a_path_means_the_file_it_leads_to(lessons, tmp_path, monkeypatch, capsys):
    before = (lessons / "03_three.ipynb").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(notebook, "execute", _never)
        assert cli.main(["run", "no/such/folder/03_three.ipynb"]) == 1
    assert "Expected a notebook at no/such/folder/03_three.ipynb" in capsys.readouterr().err
    other = tmp_path / "课 mine.ipynb"
    other.write_bytes(before)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run", "课 mine.ipynb"]) == 0
    assert notebook.read_notebook(other).cells[2].execution_count == 2
    assert (lessons / "03_three.ipynb").read_bytes() == before


def test_where_nothing_can_be_written_nothing_runs(lessons, monkeypatch, capsys):
    def full(folder):
        raise OSError(f"{folder}: no room")

    monkeypatch.setattr("course_lib.machine.check_writable", full)
    monkeypatch.setattr(notebook, "execute", _never)
    assert cli.main(["run", "--all"]) == 1
    err = capsys.readouterr().err
    for name in ("01_one", "02_two", "03_three"):
        assert f"course: {name}: " in err
    assert err.count("so nothing was run") == 3
    with pytest.raises(SystemExit):
        cli.main(["run", "01", "--output", str(lessons / "x.ipynb")])
    assert "no room" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_costs_only_its_lesson(lessons, monkeypatch, capsys):
    written = []

    def write(content, path):
        if path.stem == "01_one":
            raise OSError("the disk is full")
        written.append(path.stem)

    monkeypatch.setattr(notebook, "execute", lambda *_, **__: None)
    monkeypatch.setattr(notebook, "write_notebook", write)
    assert cli.main(["run", "--all"]) == 1
    assert written == ["02_two", "03_three"]
    assert "01_one.ipynb could not be written: the disk is full" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize(
    "words", [["data"], ["data", "verify"], ["list"], ["run", "课/x.ipynb"], ["doctor"]]
)
def test_a_console_without_the_letters_shows_their_numbers(
    lessons, tmp_path, monkeypatch, encoding, words
):
    folder = tmp_path / "课程"
    folder.mkdir()
    monkeypatch.setenv("COURSE_DATA", str(folder))
    title = new_notebook(cells=[new_markdown_cell("# 循环 network")])
    notebook.write_notebook(notebook.normalise(title), lessons / "04_four.ipynb")
    monkeypatch.setattr("course_lib.runner.doctor.keras_import", lambda: [])  # 5 s
    out, err = io.BytesIO(), io.BytesIO()
    for name, stream in (("stdout", out), ("stderr", err)):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, encoding=encoding))
    cli.main(words)
    sys.stdout.flush()
    sys.stderr.flush()
    said = (out.getvalue() + err.getvalue()).decode(encoding)
    expected = {"list": r"\u5faa\u73af network", "run": r"\u8bfe/x.ipynb"}
    if words != ["data", "verify"]:  # which names no folder
        assert expected.get(words[0], r"\u8bfe\u7a0b") in said


def test_what_the_system_refuses_is_one_line(monkeypatch, capsys):
    def refused():
        raise PermissionError(13, "Permission denied", "notebooks")

    monkeypatch.setattr(cli, "lessons", refused)
    assert cli.main(["list"]) == 1
    assert capsys.readouterr().err == "course: [Errno 13] Permission denied: 'notebooks'\n"


def test_lessons_that_are_not_there_are_explained(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("course_lib.machine.checkout", lambda: None)
    assert cli.main(["list"]) == 1
    assert "Clone the repository" in capsys.readouterr().err


def test_data_belongs_to_the_data_sets(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert cli.main(["data"]) == 0
    assert "csi300" in capsys.readouterr().out


def test_interruption_is_one_line(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "lessons", interrupted)
    assert cli.main(["list"]) == 130
    assert capsys.readouterr().err == "course: interrupted\n"


# -- course test -----------------------------------------------------------------------------------


@pytest.fixture
def checkout(lessons):
    """The tiny lessons with what nbval needs beside them."""
    root = lessons.parent
    (root / "tests").mkdir()
    (root / "tests" / "nbval.cfg").write_text("[x]\nregex: x\nreplace: x\n")
    return root


def test_a_lesson_that_still_says_the_same_is_proven(checkout, lessons):
    notebook.run_lesson(lessons / "03_three.ipynb")
    result = proof.prove_lesson(checkout, lessons / "03_three.ipynb")
    assert not result.problems
    assert result.seconds > 0
    assert result.peak_bytes > 20e6  # a Python kernel


def test_a_changed_output_fails_and_is_reported(checkout, lessons):
    path = lessons / "03_three.ipynb"
    notebook.run_lesson(path)
    path.write_text(path.read_text().replace("\"'laptop'\"", "\"'another'\""))
    result = proof.prove_lesson(checkout, path)
    assert result.problems == ["a cell failed or its output changed, see above"]
    assert "another" in result.report


def test_claims_are_counted_and_a_broken_one_fails(checkout, lessons):
    path = lessons / "03_three.ipynb"
    source = """
import json, os, pathlib
held = [{"held": True}, {"held": False}]
target = pathlib.Path(os.environ["COURSE_RESULTS"], "03_three.json")
_ = target.write_text(json.dumps({"claims": held}))"""
    lesson = notebook.read_notebook(path)
    lesson.cells[2].source = source
    lesson.cells[1].execution_count, lesson.cells[2].execution_count = 1, 2
    notebook.write_notebook(lesson, path)
    result = proof.prove_lesson(checkout, path)
    assert result.claims == (True, False)
    assert result.problems == ["1 claims do not hold"]


def test_a_lesson_that_takes_too_long_is_stopped(checkout, lessons, monkeypatch):
    monkeypatch.setattr(proof, "SECONDS_ALLOWED", 0.5)
    result = proof.prove_lesson(checkout, lessons / "03_three.ipynb")
    assert result.problems[0].startswith("stopped after")


def test_too_much_memory_fails(checkout, lessons, monkeypatch):
    monkeypatch.setattr(proof, "MEMORY_ALLOWED", 1000)
    notebook.run_lesson(lessons / "03_three.ipynb")
    result = proof.prove_lesson(checkout, lessons / "03_three.ipynb")
    assert result.problems == ["more memory than 0 GiB"]


def test_the_table_names_what_failed(checkout, lessons, monkeypatch, capsys):
    results = {"01_one": [], "02_two": ["broken"]}
    monkeypatch.setattr(
        proof,
        "prove_lesson",
        lambda root, lesson, seconds: proof.Result(
            lesson.stem, 7.0, 2**30, (True, True), results[lesson.stem], report="what pytest said"
        ),
    )
    paths = [lessons / f"{name}.ipynb" for name in results]
    assert proof.prove(checkout, paths, lessons_only=True) == 1
    out = capsys.readouterr().out
    assert "Failed: 02_two" in out
    assert "1,024 MiB" in out
    assert "2 of 2" in out
    assert "what pytest said" in out
    assert proof.prove(checkout, paths[:1], lessons_only=True) == 0
    assert proof.prove(checkout, [], lessons_only=True) == 1


def test_two_lessons_at_a_time_are_told_in_order_and_allowed_for(lessons, monkeypatch, capsys):
    together = threading.Barrier(2, timeout=20)  # neither passes unless both run at the same time
    allowed = []

    def prove_lesson(root, lesson, seconds):
        together.wait()
        time.sleep(0.2 * (lesson.stem == "01_one"))  # the first is the last to be ready
        allowed.append(seconds)
        return proof.Result(lesson.stem, 7.0)

    monkeypatch.setattr(proof, "prove_lesson", prove_lesson)
    paths = [lessons / "01_one.ipynb", lessons / "02_two.ipynb"]
    assert proof.prove(lessons.parent, paths, lessons_only=True, at_once=2) == 0
    out = capsys.readouterr().out
    assert out.index("lesson 01_one") < out.index("lesson 02_two")
    assert "2 at a time" in out
    assert min(allowed) > proof.SECONDS_PROMISED


@pytest.mark.skipif(os.name != "posix", reason="sends itself a signal")
def test_an_interruption_stops_what_runs_and_starts_no_more(lessons, monkeypatch):
    begun = []

    def prove_lesson(root, lesson, seconds):
        begun.append(lesson.stem)
        proof._measure([sys.executable, "-c", "import time; time.sleep(60)"])

    monkeypatch.setattr(proof, "prove_lesson", prove_lesson)
    paths = [lessons / f"{name}.ipynb" for name in ("01_one", "02_two", "03_three")]
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        proof.prove(lessons.parent, paths, lessons_only=True, at_once=2)
    assert time.monotonic() - started < 30
    assert len(begun) == 2


def test_lesson_errors_are_not_tracebacks(monkeypatch, capsys):
    def broken():
        raise LessonError("the reason")

    monkeypatch.setattr(cli, "lessons", broken)
    assert cli.main(["test"]) == 1
    assert capsys.readouterr().err == "course: the reason\n"
