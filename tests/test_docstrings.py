"""The examples in docstrings do what they show."""

import doctest
import importlib
from pathlib import Path

import course_lib
from course_lib import attention, cells, recurrent, variants

import keras
import pytest

ROOT = Path(course_lib.__file__).parent
MODULES = [  # every one that shows an example
    importlib.import_module(".".join(("course_lib", *path.relative_to(ROOT).with_suffix("").parts)))
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
# every public class and function of these has an example
SHOWN = (attention, cells, recurrent, variants)


def examples(module):
    return [test for test in doctest.DocTestFinder().find(module) if test.examples]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_examples_do_what_they_show(module):
    keras.utils.set_random_seed(0)
    runner = doctest.DocTestRunner(verbose=False)
    report = []
    for test in examples(module):
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)
    assert runner.tries > 0


@pytest.mark.parametrize("module", SHOWN, ids=lambda module: module.__name__)
def test_every_public_cell_and_layer_shows_an_example(module):
    shown = {test.name for test in examples(module)}
    public = {
        f"{module.__name__}.{name}"
        for name, thing in vars(module).items()
        if getattr(thing, "__module__", None) == module.__name__ and not name.startswith("_")
    }
    bases = {
        "course_lib.attention.Attention",
        "course_lib.cells.Cell",
        "course_lib.cells.GatedCell",
    }
    assert public - shown - bases == {"course_lib.cells.named_arguments"} & public


def test_an_example_that_shows_something_else_fails():
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(wrong, out=lambda text: None)
    assert runner.failures == 1
