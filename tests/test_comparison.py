"""Which differences between two outputs are differences: both sides of the rule."""

import json
import os
import re
import subprocess
import sys

from course_lib.runner import arithmetic, comparison, notebook, proof

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HERE = {"versions": {"numpy": "2.4"}, "blas": "11111111"}
ELSEWHERE = {"versions": {"numpy": "2.4"}, "blas": "22222222"}

SENTENCES = """
print("weights 0.5000, 1e-17 and 1,234 of them")
print("solver    lbfgs")"""
TRAINED = 'print("the GRU wins:  0.8731 against 0.91")'
WRITTEN = 'print("mirable, stunning, florn")'
CLAIMS = """
import json, os, pathlib
target = pathlib.Path(os.environ["COURSE_RESULTS"], "03_tiny.json")
_ = target.write_text(json.dumps({"claims": [{"held": True}]}))
print("all claims hold")"""


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """Write a lesson, run it, and give its path."""
    monkeypatch.setattr(arithmetic, "_measured", lambda environment: HERE)
    cells = [
        new_markdown_cell("# Tiny"),
        new_code_cell('PROFILE = "laptop"', metadata={"tags": ["parameters"]}),
        new_code_cell(SENTENCES),
        new_code_cell(TRAINED, metadata={"tags": [comparison.TRAINS]}),
        new_code_cell(WRITTEN, metadata={"tags": [comparison.GENERATED]}),
        new_code_cell("import collections\ncollections.Counter();"),
        new_code_cell(CLAIMS),
    ]
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    path = tmp_path / "03_tiny.ipynb"
    notebook.write_notebook(new_notebook(cells=cells), path)
    notebook.run_lesson(path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "nbval.cfg").write_text(
        "[rounding]\nregex: \\b\\de-\\d\\d\\b\nreplace: ROUNDING\n"
    )
    return path


def change(path, *changes, saved_elsewhere=False):
    """Let the saved lesson say something else, or come from another arithmetic."""
    lesson = json.loads(path.read_text())
    outputs = [it for cell in lesson["cells"] for it in cell.get("outputs", ())]
    for old, new in changes:
        assert any(old in "".join(output["text"]) for output in outputs), f"nothing says {old!r}"
        for output in outputs:
            output["text"] = "".join(output["text"]).replace(old, new)
    if saved_elsewhere:
        lesson["metadata"]["arithmetic"] = ELSEWHERE
    path.write_text(json.dumps(lesson))


def proven(path):
    return proof.prove_lesson(path.parent, path)


def failed_cells(path):
    return sorted(map(int, re.findall(r"^FAILED .*::Cell (\d+)", proven(path).report, re.M)))


SENTENCE, TRAINING, WRITING, CLAIMING = 1, 2, 3, 5  # cells as nbval counts them


def test_the_same_digits_are_proven(lesson):
    result = proven(lesson)
    assert (result.problems, result.remarks, result.claims) == ([], [], (True,))


def test_on_the_same_arithmetic_every_change_is_caught(lesson):
    change(
        lesson,
        ("0.5000", "0.5001"),  # a digit
        ("0.8731", "0.8732"),  # a digit of what was trained
        ("florn", "flurn"),  # a word that was generated
        ("all claims hold\n", ""),  # a missing output
    )
    assert failed_cells(lesson) == [SENTENCE, TRAINING, WRITING, CLAIMING]
    assert proven(lesson).problems == ["a cell failed or its output changed, see above"]


def test_elsewhere_digits_may_differ_and_the_table_says_so(lesson):
    change(
        lesson,
        ("0.5000", "0.5001"),
        ("1e-17", "0"),
        ("wins:  0.8731 against 0.91", "wins: 0.9214 against 0.8805"),
        ("mirable, stunning, florn", "blurt"),
        saved_elsewhere=True,
    )
    result = proven(lesson)
    assert not result.problems, result.report
    assert result.remarks == ["digits not compared"]
    assert proof._table([result, result]).caption == (
        "Digits not compared: matrix products round otherwise here."
    )


@pytest.mark.parametrize(
    "changes",
    [
        # more than rounding where nothing has been trained; a word; no words at all; a missing output
        [
            ("0.5000", "0.5003"),
            ("the GRU", "the LSTM"),
            ("mirable, stunning, florn\n", ""),
            ("all claims hold\n", ""),
        ],
        # a count; another order of words; a changed sentence
        [("1,234", "1,235"), ("GRU wins", "wins GRU"), ("claims hold", "claims held")],
    ],
)
def test_elsewhere_words_counts_and_outputs_must_agree(lesson, changes):
    change(lesson, *changes, saved_elsewhere=True)
    writing = [WRITING] if len(changes) == 4 else []
    assert failed_cells(lesson) == [SENTENCE, TRAINING, *writing, CLAIMING]


def test_elsewhere_a_broken_claim_fails(lesson):
    change(lesson, ("0.5000", "0.5001"), saved_elsewhere=True)
    lesson.write_text(lesson.read_text().replace("True}]", "False}]"))
    assert proven(lesson).problems == ["1 claims do not hold"]


def test_a_plain_pytest_needs_no_options(lesson):
    """What people type in their own CI, with the settings of pyproject.toml alone."""
    change(lesson, ("0.5000", "0.5001"), saved_elsewhere=True)
    (lesson.parent / "pyproject.toml").write_text(
        f'[tool.pytest.ini_options]\naddopts = "-p {comparison.__name__}"\n'
    )
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", lesson.name]
    environment = {**os.environ, arithmetic.VARIABLE: json.dumps(HERE)}
    run = subprocess.run(
        command, cwd=lesson.parent, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout
    assert "03_tiny.ipynb: digits were not compared: matrix products" in run.stdout


def test_the_courses_settings_load_the_plugin():
    assert f"-p {comparison.__name__}" in proof_settings()


def proof_settings():
    import tomllib
    from pathlib import Path

    root = Path(__file__).resolve().parents[1]
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["pytest"]["ini_options"]["addopts"]


# -- the pieces --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "old", "same"),
    [
        ("loss 0.693", "loss 0.694", True),
        ("loss 0.693", "loss 0.695", False),
        ("3 of 7", "4 of 7", False),
        ("1.2e-05", "1.3e-05", True),
        ("ROUNDING", "0", True),
        ("-0.000", "0.000", True),
        ("from 0.12-0.25", "from 0.12-0.28", False),
        ("a   0.10\n-----\n", "a 0.11\n--------\n", True),
        ("x_1 is here", "x_2 is here", False),  # a name, no number
        ("sha256 8e4517ab", "sha256 8e4517ab", True),  # a hash, whose e is no exponent
        ("sha256 8e4517ab", "sha256 8e4518ab", False),
        ("8e451712", "8e451712", True),
        ("1e999", "1e999", True),
        ("1e999", "2e999", False),
    ],
)
def test_rounding(new, old, same):
    assert comparison._same_up_to_rounding(new, old) is same


@pytest.mark.parametrize(
    ("new", "old", "same"),
    [
        ("GRU 0.91 (0.90 to 0.92)", "GRU 1e-3 (−5 to 1,000)", True),
        ("nan", "0.5", False),
        ("LSTM, GRU", "GRU, LSTM", False),
        ("one line", "one line\nanother", False),
    ],
)
def test_words(new, old, same):
    assert comparison._same_words(new, old) is same


def test_outputs_of_another_kind_are_not_forgiven():
    text = {"output_type": "stream", "name": "stdout", "text": "1"}
    value = {"output_type": "execute_result", "metadata": {}, "data": {"text/plain": "1"}}
    for new, old in (([text], [value]), ([text, text], [text]), ([], [text])):
        assert comparison.forgiven(new, old, lambda a, b: True) == new


def test_a_difference_in_a_long_text_is_shown_where_it_is():
    left, right = comparison._around_the_difference("a" * 50_000 + "b", "a" * 50_000 + "c")
    assert len(left) < 500
    assert "from number 50001 on" in left
    assert left.endswith("aab...") and right.endswith("aac...")


def test_a_semicolon_hides_the_value():
    assert comparison._quiet("plt.plot(x);")
    assert comparison._quiet("a\nplt.plot(x);  # no value\n\n# done")
    assert not comparison._quiet("plt.plot(x); y")
    assert not comparison._quiet("")


# -- the fingerprint ---------------------------------------------------------------------------------


def test_a_fingerprint_repeats_and_sees_another_arithmetic():
    def measured(settings):
        environment = arithmetic.handed_down({**os.environ, **settings})
        return json.loads(environment[arithmetic.VARIABLE])

    here = measured(arithmetic.REPRODUCIBLE)
    arithmetic._measured.cache_clear()
    assert measured(arithmetic.REPRODUCIBLE) == here
    assert here["versions"].keys() >= {"numpy", "keras", "tensorflow"}
    elsewhere = measured(arithmetic.OTHER_ARITHMETIC)
    if sys.platform == "linux" and elsewhere != here:  # a very old processor has no other one
        assert "round otherwise here" in arithmetic.difference(here, elsewhere)


def test_the_reason_names_the_package_whose_version_differs():
    other = {**HERE, "versions": {"numpy": "2.5"}}
    assert arithmetic.difference(HERE, other) == "numpy 2.5 here, 2.4 where they were saved"
    assert arithmetic.difference(other, {**other, "versions": {}}).startswith("numpy missing here")
    assert arithmetic.difference(HERE, HERE) == arithmetic.difference(None, HERE) == ""


def test_a_fingerprint_that_cannot_be_computed_says_why(monkeypatch):
    environment = {**os.environ, "KERAS_BACKEND": "abacus"}
    arithmetic._measured.cache_clear()
    with pytest.raises(RuntimeError, match=r"cannot be computed: .*abacus"):
        arithmetic.handed_down(environment)
