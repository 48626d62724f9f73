"""A mistake made in course_lib on purpose, and whether a test sees it.

    with mistake(cells.LSTMCell.step, "f * c + i * candidate", "f * c + candidate"):
        ...     # the real LSTMCell computes without its input gate

The function is compiled anew with one piece of its source replaced, and stands in the place of the real one
until the block ends. Layout does not count: the source is read through `ast.unparse`, without docstring and
comments, and pieces are compared token by token. Strings in a piece stand in single quotes.
"""

import ast
import contextlib
import inspect
import re
import sys
import textwrap

import keras
import pytest


@contextlib.contextmanager
def mistake(function, piece=None, replacement=None):
    """`function`, of a module or a class, with the one `piece` of its source replaced (None: none)."""
    *owners, name = function.__qualname__.split(".")
    owner = module = sys.modules[function.__module__]
    for part in owners:
        owner = getattr(owner, part)
    made = {}
    source = source_of(function)
    if piece is not None:
        source = replaced(source, piece, replacement)
    # zero-argument super() looks for a `__class__` around the function, as in the body of a class
    around = f"def make(__class__):\n{textwrap.indent(source, '    ')}\n    return {name}"
    exec(compile(around, f"mistake in {function.__qualname__}", "exec"), vars(module), made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, made["make"](owner))
        yield


def source_of(function):
    """The source in one fixed layout, without docstring and comments."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if ast.get_docstring(tree) is not None:
        del tree.body[0]
    return ast.unparse(tree)


def replaced(source, piece, replacement):
    found = occurs(source, piece)
    assert found == 1, f"{piece!r} must occur once, and occurs {found} times in\n{source}"
    return re.sub(_pattern(piece), lambda _: replacement, source)


def occurs(source, piece):
    """How often `piece` stands in `source`, whatever the layout."""
    return len(re.findall(_pattern(piece), source))


def _pattern(piece):
    tokens = re.findall(r"\w+|[^\w\s]", piece)
    pattern = r"\s*".join(re.escape(token) for token in tokens)
    pattern = rf"(?<!\w){pattern}" if tokens[0][0].isidentifier() else pattern
    return rf"{pattern}(?!\w)" if tokens[-1][-1].isidentifier() else pattern


def refused_shapes():
    """What the backends raise where shapes do not fit together."""
    errors = [ValueError]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        errors.append(tf.errors.InvalidArgumentError)
    return tuple(errors)


def sees(test, *arguments):
    """Whether a test fails because values disagree or a shape is refused.

    Any other error, a NameError for example, is a mistake in the mistake, and is raised.
    """
    try:
        test(*arguments)
    except (AssertionError, pytest.fail.Exception):
        return True
    except refused_shapes() as error:
        if not re.search(r"shape|dimension|size", str(error), re.IGNORECASE):
            raise
        return True
    return False


def tests_of(mutations):
    """The two tests of a table of mistakes: every one is caught, and without one the tests pass.

    Args:
        mutations: name to (function, piece, replacement, (test, *arguments)).

    Returns:
        test_a_mistake_is_caught, test_the_source_as_it_stands_passes. On one backend only: whether a
        mistake is seen is the same everywhere.
    """
    one_backend = pytest.mark.skipif(
        keras.backend.backend() != "tensorflow",
        reason="whether a mistake is seen is the same everywhere",
    )

    @one_backend
    @pytest.mark.parametrize("name", mutations)
    def test_a_mistake_is_caught(name):
        function, piece, replacement, (test, *arguments) = mutations[name]
        with mistake(function, piece, replacement):
            assert sees(test, *arguments)

    @one_backend
    def test_the_source_as_it_stands_passes():
        """Compiled by the same engine without a mistake; each pair of function and test once."""
        judges = {
            (function, repr(judge)): (function, judge) for function, *_, judge in mutations.values()
        }
        for function, (test, *arguments) in judges.values():
            with mistake(function):
                test(*arguments)

    return test_a_mistake_is_caught, test_the_source_as_it_stands_passes
