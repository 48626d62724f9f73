"""`course run` on tiny lessons: the same bytes twice, nothing written after an error, one dial."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from course_lib.runner import notebook as tool
from course_lib.runner.notebook import LessonError

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

DIAL = 'PROFILE = "laptop"  # or "full"'


def dial(source=DIAL):
    return new_code_cell(source, metadata={"tags": ["parameters"]})


@pytest.fixture
def lesson(tmp_path):
    """Write a lesson of the given cells as an editor might have left it."""

    def write(*cells, name="03_tiny.ipynb"):
        notebook = new_notebook(cells=[new_markdown_cell("# Tiny"), *cells])
        notebook.metadata["toc"] = {"open": True}
        notebook.metadata["language_info"] = {"name": "python", "version": "3.0"}
        path = tmp_path / name
        nbformat.write(notebook, path)
        return path

    return write


def test_two_runs_write_the_same_bytes(lesson):
    figure = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    slow_stream = 'import time\nprint("a", flush=True)\ntime.sleep(0.5)\nprint("b")'
    path = lesson(dial(), new_code_cell(slow_stream), new_code_cell(figure))
    tool.run_lesson(path)
    once = path.read_bytes()
    assert tool.is_normal(path)
    written = json.loads(once)
    assert written["metadata"] == {
        "kernelspec": tool.KERNELSPEC,
        "language_info": {"name": "python"},
    }
    code = [cell for cell in written["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [1, 2, 3]
    assert code[1]["outputs"][0]["text"] == ["a\n", "b\n"]
    assert "image/png" in code[2]["outputs"][0]["data"]
    assert "timestamp" not in once.decode() and "execution" not in code[0]["metadata"]
    tool.run_lesson(path)
    assert path.read_bytes() == once
    assert [left.name for left in path.parent.iterdir()] == [path.name]


def test_runs_in_this_interpreter_with_the_reproducible_settings(lesson):
    settings = "".join(f"assert os.environ[{k!r}] == {v!r}\n" for k, v in tool.REPRODUCIBLE.items())
    here = f"import os, sys\nassert sys.executable == {sys.executable!r}\n"
    folder = "from pathlib import Path\nassert Path('03_tiny.ipynb').exists()"
    tool.run_lesson(lesson(dial(), new_code_cell(here + settings + folder)))


def test_an_error_is_named_and_nothing_is_written(lesson):
    path = lesson(dial(), new_code_cell("1 + 1"), new_code_cell('raise KeyError("gate")', id="bad"))
    before = path.read_bytes()
    with pytest.raises(LessonError, match=r"Cell 4 of 4 \(id bad\) failed: KeyError: 'gate'") as e:
        tool.run_lesson(path)
    assert 'raise KeyError("gate")' in str(e.value)
    assert path.read_bytes() == before
    assert [left.name for left in path.parent.iterdir()] == [path.name]


def test_a_dead_kernel_and_an_endless_cell_are_named(lesson):
    with pytest.raises(LessonError, match=r"Cell 3 of 3 .*kernel died"):
        tool.run_lesson(lesson(dial(), new_code_cell("import os; os._exit(1)")))
    with pytest.raises(LessonError, match=r"Cell 3 of 3 .*longer than 1 s"):
        path = lesson(dial(), new_code_cell("import time; time.sleep(60)"))
        tool.run_lesson(path, cell_timeout=1)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_an_interruption_stops_the_kernel_and_writes_nothing(lesson, tmp_path):
    begun = "import os, time; open('begun', 'w').write(str(os.getpid())); time.sleep(60)"
    path = lesson(dial(), new_code_cell(begun))
    before = path.read_bytes()
    code = "import sys, pathlib, course_lib.runner.notebook as n; n.run_lesson(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(path)]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    note = tmp_path / "begun"
    while not (note.exists() and note.read_text()):
        assert run.poll() is None
        time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=30)
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert path.read_bytes() == before
    assert not psutil.pid_exists(int(note.read_text()))


def test_an_announced_error_is_kept_without_its_frames(lesson):
    cell = new_code_cell("import json; json.loads('')", metadata={"tags": ["raises-exception"]})
    path = lesson(dial(), cell)
    tool.run_lesson(path)
    (output,) = tool.read_notebook(path).cells[-1].outputs
    assert output.traceback == [f"JSONDecodeError: {output.evalue}"]


def test_full_changes_one_line_and_leaves_the_lesson_alone(lesson, tmp_path):
    path = lesson(dial(f"SIZE = 3\n{DIAL}"), new_code_cell('assert PROFILE == "full"'))
    before = path.read_bytes()
    result = tmp_path / "result.ipynb"
    tool.run_lesson(path, profile="full", output=result)
    assert path.read_bytes() == before
    parameters = tool.read_notebook(result).cells[1].source
    assert parameters == 'SIZE = 3\nPROFILE = "full"  # or "full"'
    result.unlink()
    tool.run_lesson(path, profile="full")
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [dial(), dial()],
        [dial("SIZE = 1")],
        [dial(f"{DIAL}\n{DIAL}")],
        [dial('PROFILE = "big"')],
    ],
    ids=["no cell", "two cells", "no line", "two lines", "another value"],
)
def test_a_lesson_without_exactly_one_dial_is_refused(lesson, cells):
    with pytest.raises(LessonError, match=r"Expected one .* Received: \d"):
        tool.run_lesson(lesson(*cells))


def test_an_unknown_profile_is_refused():
    with pytest.raises(LessonError, match=r"Expected profile laptop or full\. Received: 'huge'"):
        tool.set_profile(new_notebook(cells=[dial()]), "huge")


def test_a_lesson_edited_while_it_runs_is_not_overwritten(lesson):
    edit = 'open("03_tiny.ipynb", "a").write(" ")'
    path = lesson(dial(), new_code_cell(edit))
    before = path.read_bytes()
    with pytest.raises(LessonError, match="was changed while it ran"):
        tool.run_lesson(path)
    assert path.read_bytes() == before + b" "


def test_ids_survive_moves_and_are_made_where_missing(lesson):
    path = lesson(*(new_code_cell(source, id=source) for source in "abc"))
    written = json.loads(path.read_bytes())
    written["cells"][2]["id"] = "a"
    del written["cells"][3]["id"]
    path.write_text(json.dumps(written))
    ids = {cell.source: cell.id for cell in tool.read_notebook(path).cells}
    assert [ids["a"], ids["b"]] == ["a", "a-2"]
    written["cells"].reverse()
    path.write_text(json.dumps(written))
    assert tool.read_notebook(path).cells[0].id == ids["c"]


def test_normal_form_keeps_tags_and_folded_cells_only():
    metadata = {"tags": ["nbval-skip"], "jupyter": {"source_hidden": True}, "scrolled": True}
    output = new_output("display_data", {"text/plain": "1"}, metadata={"width": 3})
    cells = [new_code_cell("1", metadata=metadata, outputs=[output])]
    notebook = tool.normalise(new_notebook(cells=cells))
    assert notebook.cells[0].metadata.keys() == {"tags", "jupyter"}
    assert notebook.cells[0].outputs[0].metadata == {}


def test_a_notebook_of_the_format_before_cell_ids_is_brought_up_to_date(lesson):
    path = lesson(dial())
    old = json.loads(path.read_bytes())
    old["nbformat_minor"] = 4
    for cell in old["cells"]:
        del cell["id"]
    path.write_text(json.dumps(old))
    written = json.loads(tool.to_bytes(tool.normalise(tool.read_notebook(path))))
    assert written["nbformat_minor"] == 5
    assert len({cell["id"] for cell in written["cells"]}) == 2
    old["nbformat"] = 3
    path.write_text(json.dumps(old))
    with pytest.raises(LessonError, match="expected format 4, received 3"):
        tool.read_notebook(path)


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    path = tmp_path / "00_broken.ipynb"
    for content in ('{"cells": [', "[]", '{"nbformat": 4, "cells": [{}]}', '{"nbformat": 4}'):
        path.write_text(content)
        for read in (tool.run_lesson, tool.title):
            with pytest.raises(LessonError, match=r"00_broken\.ipynb cannot be read as a noteb"):
                read(path)


def test_lessons_are_found_by_number_name_and_path(lesson, tmp_path):
    rnn, sentiment = lesson(name="03_the_rnn_cell.ipynb"), lesson(name="10_sentiment.ipynb")
    for name in ("3", "03", "03_the_rnn_cell", "the_rnn", "03_the_rnn_cell.ipynb"):
        assert tool.find_lesson(name, tmp_path) == rnn
    assert tool.find_lesson("10", tmp_path) == sentiment
    rosetta = lesson(name="03b_rosetta.ipynb")  # a number may be followed by a letter
    assert tool.lessons(tmp_path) == [rnn, rosetta, sentiment]
    for name in ("3b", "03b", "rosetta"):
        assert tool.find_lesson(name, tmp_path) == rosetta
    lesson(name="04_the_gates.ipynb")
    with pytest.raises(LessonError, match=r"several lessons are called 'the'(.|\n)*04_the_gates"):
        tool.find_lesson("the", tmp_path)
    for unknown in ("99", "rnn", ""):
        with pytest.raises(LessonError, match=r"no lesson is called(.|\n)*10_sentiment"):
            tool.find_lesson(unknown, tmp_path)


def test_a_path_means_that_very_file(lesson, tmp_path, monkeypatch):
    known = lesson(name="03_the_rnn_cell.ipynb")
    elsewhere = tmp_path / "课 of mine"
    elsewhere.mkdir()
    copy = elsewhere / "03_the_rnn_cell.ipynb"
    copy.write_bytes(known.read_bytes())
    for name in (copy, f"{elsewhere}/../{elsewhere.name}/{copy.name}"):
        found = tool.find_lesson(str(name), tmp_path)
        assert found.is_absolute() and found.samefile(copy)
    monkeypatch.chdir(elsewhere)  # where a bare name means the file here
    for name in (copy.name, f"./{copy.name}"):
        assert tool.find_lesson(name, tmp_path) == copy
    assert tool.find_lesson("03", tmp_path) == known
    copy.unlink()
    assert tool.find_lesson(copy.name, tmp_path) == known
    long = f"./{'x' * 5000}.ipynb"
    for name in (
        f"./{copy.name}",
        str(copy),
        "no/such/03_the_rnn_cell.ipynb",
        "notebooks/03",
        long,
    ):
        with pytest.raises(LessonError, match=r"Expected a notebook at .*nothing that can be read"):
            tool.find_lesson(name, tmp_path)
    for name in (f"{elsewhere}/", str(elsewhere)):
        with pytest.raises(LessonError, match="but there is a folder"):
            tool.find_lesson(name, tmp_path)


def test_a_target_that_cannot_be_written_is_told_before_the_run(lesson, tmp_path, monkeypatch):
    path = lesson(dial())

    def ran(*_, **__):
        raise AssertionError("it ran")

    monkeypatch.setattr(tool, "execute", ran)
    file = tmp_path / "file"
    file.touch()
    for target, told in (
        (tmp_path, "is a folder"),
        (tmp_path / "none" / "x.ipynb", "does not exist"),
        (file / "x.ipynb", "does not exist"),
        (Path(os.devnull), "is none"),
    ):
        with pytest.raises(LessonError, match=f"Expected a .* to write to.*{told}"):
            tool.run_lesson(path, output=target)
    monkeypatch.setattr(tool.os, "access", lambda path, mode: False)
    with pytest.raises(LessonError, match=r"nothing was run.*the file is read-only"):
        tool.run_lesson(path)
    monkeypatch.undo()
    tool.check_target(path)
    tool.check_target(tmp_path / "new.ipynb")
    assert {left.name for left in tmp_path.iterdir()} == {path.name, "file"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_stays_a_link_and_permissions_stay(lesson, tmp_path):
    path = lesson(dial())
    path.chmod(0o664)
    link = tmp_path / "links" / "04_link.ipynb"
    link.parent.mkdir()
    link.symlink_to(path)
    tool.write_notebook(tool.normalise(tool.read_notebook(link)), link)
    assert link.is_symlink()
    assert tool.is_normal(path)
    assert path.stat().st_mode & 0o777 == 0o664
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(LessonError, match="is none"):
        tool.check_target(tmp_path / "loop")


def test_a_lesson_that_removes_itself_is_not_written_again(lesson):
    path = lesson(dial(), new_code_cell('import os; os.remove("03_tiny.ipynb")'))
    with pytest.raises(LessonError, match="was changed while it ran"):
        tool.run_lesson(path)
    assert not path.exists()


def stream(name, text):
    return new_output("stream", name=name, text=text)


def test_pieces_of_a_stream_become_one_as_a_terminal_shows_it():
    value = new_output("display_data", {"text/plain": "1"})
    pieces = [
        stream("stderr", "e"),
        stream("stdout", "10 %\r"),
        stream("stdout", "20 %\r"),
        value,
        stream("stdout", "done\r\nend\r"),
        stream("stderr", "f"),
    ]
    merged = tool.merge_streams(pieces)
    assert [output.get("text") for output in merged] == ["done\r\nend\r", "ef", None]
    assert [output.get("name") for output in merged] == ["stdout", "stderr", None]
    assert tool.merge_streams([]) == []
    (only,) = tool.merge_streams([stream("stderr", "alone")])
    assert only.text == "alone"


@pytest.mark.parametrize("text", ["a", "a\r", "\x1b[3", "\r"])
def test_long_lines_cost_no_time(lesson, text):
    started = time.monotonic()
    tool.merge_streams([stream("stdout", text * 300_000)])
    assert time.monotonic() - started < 3  # with `.*\r` not anchored, minutes


def test_a_long_line_of_a_lesson_is_written(lesson):
    path = lesson(dial(), new_code_cell('print("a" * 1_000_000)'))
    tool.run_lesson(path, cell_timeout=60)
    assert len(tool.read_notebook(path).cells[-1].outputs[0].text) == 1_000_001


def test_a_long_error_is_cut(lesson):
    with pytest.raises(LessonError) as told:
        tool.run_lesson(lesson(dial(), new_code_cell('raise ValueError("a" * 1_000_000)')))
    assert len(str(told.value)) < 3000


def test_an_interrupted_write_leaves_the_old_file(lesson, monkeypatch):
    path = lesson(dial())
    before = path.read_bytes()

    def interrupted(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(path), "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tool.write_notebook(tool.normalise(tool.read_notebook(path)), path)
    assert path.read_bytes() == before
    assert [left.name for left in path.parent.iterdir()] == [path.name]


def test_the_command_answers_before_anything_heavy_is_imported():
    heavy = "{'keras', 'pandas', 'nbformat'}"
    code = f"import sys, course_lib.runner.cli; sys.exit(str({heavy} & {{*sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stderr == "set()\n"
