"""A pytest plugin that tells nbval which differences between two outputs are differences.

pyproject.toml loads it, so that a plain `pytest --nbval notebooks/07b_rosetta.ipynb` follows these rules:

1. Where the notebook's fingerprint of the arithmetic is this machine's, every digit is compared.
2. Elsewhere numbers may differ by rounding, up to the first cell tagged `trains`. From that cell on numbers
   are not compared, because training carries a rounding error as far as it likes. Words, the kinds of
   output and their order are compared as ever. The claims of the lesson are bounds on its numbers, and must
   hold.
3. A cell tagged `generated` shows words that a trained network chose. Elsewhere only the kinds of its
   outputs are compared.

nbval differs from Jupyter in two more things, which are mended here. It shows the value of a last line that
ends with a semicolon. And it explains a difference between long texts for as long as that takes.
"""

import json
import os
import re
from pathlib import Path

from course_lib.runner import arithmetic
from course_lib.runner.notebook import read_notebook

import pytest

TRAINS, GENERATED = "trains", "generated"

CELL_SECONDS = 300  # nbval waits this long for a kernel that died; its own default is
_NBVALS_OWN_TIMEOUT = 2000
SETTINGS = Path("tests", "nbval.cfg")  # below the checkout

ROUNDING = 1e-6  # what is smaller is the rounding error of single precision
_LONG = 20_000  # characters; a longer text is compared, but only the place of a difference is shown
_SHOWN = 200

_EXPONENT = r"[eE][-+]?\d{1,3}(?!\w)"  # of a hash such as 7e4509b2 the letters are words
NUMBER = re.compile(rf"(?<![\w.])[-−+]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:{_EXPONENT})?")
_LAYOUT = re.compile(r"[ \t─━]+|-{3,}")  # it follows the width of numbers


def pytest_configure(config):
    """Give nbval the options that these rules need, where the user has given none."""
    if not _validating(config):
        return
    option = config.option
    if not option.nbval_kernel_name:
        option.nbval_current_env = True
    if option.nbval_cell_timeout == _NBVALS_OWN_TIMEOUT:
        option.nbval_cell_timeout = CELL_SECONDS
    settings = config.rootpath / SETTINGS
    if option.nbval_sanitize_with is None and settings.is_file():
        option.nbval_sanitize_with = str(settings)
    for name, value in arithmetic.REPRODUCIBLE.items():
        os.environ.setdefault(name, value)


def _validating(config):
    return getattr(config.option, "nbval", False) or getattr(config.option, "nbval_lax", False)


def pytest_collection_modifyitems(config, items):
    """Set the rule by which each cell is compared."""
    if not _validating(config):
        return
    reasons = config.stash.setdefault(_REASONS, {})
    training = set()  # notebooks whose first training cell has gone by
    for item in items:
        if type(item).__name__ != "IPyNbCell":
            continue
        notebook = item.parent
        if notebook.path not in reasons:
            saved = notebook.nb.metadata.get("arithmetic")
            here = arithmetic.fingerprint() if saved else None
            reasons[notebook.path] = arithmetic.difference(saved, here)
        tags = item.cell.metadata.get("tags", ())
        if TRAINS in tags:
            training.add(notebook.path)
        rule = _every_digit
        if reasons[notebook.path]:
            rule = _same_words if notebook.path in training else _same_up_to_rounding
            rule = _same_kinds if GENERATED in tags else rule
        _compare_by(item, rule)


_REASONS = pytest.StashKey[dict]()


def pytest_terminal_summary(terminalreporter, config):
    """Say of which notebooks the digits were not compared, and why."""
    for path, reason in config.stash.get(_REASONS, {}).items():
        if reason:
            terminalreporter.write_line(f"{path.name}: digits were not compared: {reason}")


def why_digits_differ(lesson: Path, environment: dict) -> str:
    """The reason why the digits of a notebook are not compared in `environment`; empty where they are.

    Args:
        lesson: the notebook.
        environment: what `arithmetic.handed_down` returned.
    """
    saved = read_notebook(lesson).metadata.get("arithmetic")
    return arithmetic.difference(saved, json.loads(environment[arithmetic.VARIABLE]))


def _compare_by(item, rule):
    """Let the cell `item` forgive what `rule` forgives, before nbval compares the rest."""
    compare, explain = item.compare_outputs, item.format_output_compare

    def compare_outputs(test, ref, skip_compare=None):
        if _quiet(item.cell.source):
            test = [output for output in test if output["output_type"] != "execute_result"]
        return compare(forgiven(test, ref, rule, item.sanitize), ref, skip_compare)

    def format_output_compare(key, left, right):
        if isinstance(left, str) and isinstance(right, str) and len(left + right) > _LONG:
            left, right = _around_the_difference(left, right)
        explain(key, left, right)

    item.compare_outputs, item.format_output_compare = compare_outputs, format_output_compare


def _quiet(source):
    """Whether the last line ends with a semicolon, which tells IPython to show no value."""
    lines = [
        line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    return bool(lines) and lines[-1].split("  #")[0].rstrip().endswith(";")


def _around_the_difference(left, right):
    place = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), None)
    place = min(len(left), len(right)) if place is None else place
    start = max(0, place - _SHOWN)
    return tuple(
        f"[{len(text)} characters, which differ from number {place + 1} on] "
        f"...{text[start : place + _SHOWN]}..."
        for text in (left, right)
    )


def forgiven(test, ref, rule, sanitize=lambda text: text):
    """The outputs `test`, where each text that `rule` lets pass is replaced by its counterpart in `ref`.

    Args:
        test: outputs that have just been computed; ref: the saved ones.
        rule: function of two texts, whether the second may stand for the first.
        sanitize: what nbval overlooks in any text is overlooked first.
    """
    if len(test) != len(ref):
        return test
    return [_forgiven_output(*pair, rule, sanitize) for pair in zip(test, ref, strict=True)]


def _forgiven_output(new, old, rule, sanitize):
    if new["output_type"] != old["output_type"]:
        return new
    changed = dict(new)
    for key in ("text", "evalue"):
        if key in new and key in old and rule(sanitize(new[key]), sanitize(old[key])):
            changed[key] = old[key]
    if "data" in new and "data" in old:
        changed["data"] = {
            mime: old["data"][mime]
            if mime in old["data"]
            and isinstance(value, str)
            and rule(sanitize(value), sanitize(old["data"][mime]))
            else value
            for mime, value in new["data"].items()
        }
    return type(new)(changed)


def _every_digit(new, old):
    return new == old


def _same_words(new, old):
    """Equal but for numbers, and for the spaces and rules that follow the width of numbers."""
    return _words(new) == _words(old)


def _same_up_to_rounding(new, old):
    """Equal but for numbers that differ by one unit of their last place, or by rounding errors."""
    numbers = [NUMBER.findall(_without_noise(text)) for text in (new, old)]
    return _words(new) == _words(old) and all(map(_close, *numbers))


def _same_kinds(new, old):
    """Both empty, or neither."""
    return bool(new.strip()) == bool(old.strip())


def _words(text):
    lines = _LAYOUT.sub(" ", NUMBER.sub("0", _without_noise(text))).splitlines()
    return "\n".join(line.strip() for line in lines).strip()


def _without_noise(text):
    return text.replace(
        "ROUNDING", "0"
    )  # what tests/nbval.cfg writes for a rounding error, which may be 0


def _close(new, old):
    if new == old:
        return True
    a, b = (float(number.replace(",", "").replace("−", "-")) for number in (new, old))
    unit = max(_unit(new), _unit(old))
    return abs(a - b) <= max(1.01 * unit, ROUNDING * max(1.0, abs(a)))


def _unit(number):
    """One unit in the last printed place; 0 of a whole number, which is a count."""
    digits, _, exponent = number.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    if not decimals and not exponent:
        return 0.0
    return float(f"1e{int(exponent or 0) - decimals}")  # inf beyond 1e308, where ** would raise
