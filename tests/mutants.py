"""A module with a mistake made in it on purpose, for tests that ask whether a check would see it."""

import inspect
import types


def mutant(module, piece, replacement, owner=None):
    """A new module: the source of `module` with `piece` replaced, in the class `owner` if it is given.

    What it registers with Keras goes under another name: the real classes must stay what saved models load.
    """
    source = inspect.getsource(module)
    section = inspect.getsource(owner) if owner else source
    assert section.count(piece) == 1, f"{piece!r} must occur once in {owner or module}"
    source = source.replace(section, section.replace(piece, replacement))
    source = source.replace('serializable("course_lib")', 'serializable("mutant")')
    made = types.ModuleType(module.__name__)
    exec(compile(source, f"mutant of {module.__name__}", "exec"), made.__dict__)
    return made
