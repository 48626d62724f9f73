"""The table a lesson ends with: what it claims, what it measured, and whether each claim still holds.

    claims = Claims("06_lstm", profile=PROFILE)
    claims.finding("the LSTM solves what the plain cell does not: accuracy gained",
                   measured=gains, at_least=0.2, otherwise=0)       # one value a seed
    claims.code("our step equals Keras's: largest difference", measured=difference, at_most=1e-6)
    claims.show()                                                    # the table so far, for the reader
    claims.record(seeds=[1, 2, 3], accuracies=accuracies)
    claims.check()                                                   # all of them; the table of the rest

A finding is a sentence about networks, which might have come out otherwise. A test of code is a sentence
about a program: a gradient, a parity, a theorem.

`show` and `check` are the last expression of a cell. Each shows a table of what no earlier one has shown,
so that a lesson can set its few main findings under its text, and the many at its end. Each stops the
lesson with the same numbers in the error when a claim no longer holds. A full run's `check` also writes
the numbers to `results/<lesson>.json`; the table of a small run shows them in its last column.
"""

import datetime
import html
import json
import math
import os
import statistics
import time
from collections.abc import KeysView, Mapping, Sequence, Set, ValuesView
from dataclasses import dataclass
from pathlib import Path

from course_lib import machine

import numpy as np

RESULTS = (machine.checkout() or Path.cwd()) / "results"

TESTS_OF_CODE = "tests of the code"

_OWN_FIELDS = {"lesson", "profile", "date", "seconds", "hardware", "claims"}  # of a results file
_SAME = 1e-9  # relative; far above the rounding of a sum, far below what a table shows


class ClaimsNotHeld(AssertionError):
    """A lesson measured something else than it says."""


@dataclass(frozen=True)
class Claim:
    """One sentence of a lesson and the numbers that carry it; a bound that is None does not bind.

    Attributes:
        text: the sentence.
        values: what was measured; several are one a seed, and their mean is held to the bounds.
        at_least, at_most: the bounds. Where both are the same number, `measured` must equal it: a whole
            number exactly, any other to a relative 1e-9.
        digits: decimal places the table shows.
        kind: "finding", "code", or "claim" (made with `Claims.add`).
        otherwise: of a finding, the value one would measure if the sentence were wrong.
    """

    text: str
    values: tuple[float, ...]
    at_least: float | None = None
    at_most: float | None = None
    digits: int = 3
    kind: str = "claim"
    otherwise: float | None = None

    @property
    def measured(self):
        """The mean of the values; exact, so that the mean of three times 0.1 is 0.1."""
        return statistics.mean(self.values)

    @property
    def held(self):
        return self.allows(self.measured)

    def allows(self, value):
        """Whether `value` lies within the bounds."""
        if not math.isfinite(value):
            return False
        if self.at_least is not None and self.at_least == self.at_most:
            tolerance = 0 if float(self.at_least).is_integer() else _SAME
            return math.isclose(value, self.at_least, rel_tol=tolerance)
        above = self.at_least is None or value >= self.at_least
        below = self.at_most is None or value <= self.at_most
        return above and below

    @property
    def turned_round_holds(self):
        """Whether a finding would hold of the values mirrored at `otherwise`: the opposite was found."""
        return self.otherwise is not None and self.allows(2 * self.otherwise - self.measured)

    @property
    def expected(self):
        return self._expected(self.digits)

    def _expected(self, digits):
        if self.at_least is not None and self.at_least == self.at_most:
            return f"= {_number(self.at_least, digits)}"
        if self.at_least is not None and self.at_most is not None:
            return f"{_number(self.at_least, digits)} to {_number(self.at_most, digits)}"
        if self.at_least is not None:
            return f"≥ {_number(self.at_least, digits)}"
        return f"≤ {_number(self.at_most, digits)}"

    def cells(self):
        """The claim as the table shows it: text, measured, expected, held."""
        digits = self.digits
        # "0.850, expected ≥ 0.850" explains nothing: a broken claim shows as many digits as tell why.
        while not self.held and digits < 17 and self.allows(_read(_number(self.measured, digits))):
            digits += 1
        return self.text, _spread(self.values, digits), self._expected(digits), _verdict(self.held)


class Claims:
    """Collect a lesson's claims, then check them all at once.

    Args:
        lesson: the notebook's name without its ending; names the results file.
        profile: "laptop" or "full"; a full run writes the results file.
        results: folder of the results file. Without it: the environment's COURSE_RESULTS, which makes
            a laptop run write as well, else `results/` beside course_lib.

    Raises:
        ValueError: `lesson` or `profile` is not such a name.
        OSError: the run will write a results file, and the folder cannot be written to. It is looked
            at now, because the file is written after hours of training.
    """

    def __init__(self, lesson, *, profile, results=None):
        if profile not in ("laptop", "full"):
            raise ValueError(f"Expected profile 'laptop' or 'full'. Received: {profile!r}")
        if not lesson or Path(lesson).name != lesson:
            raise ValueError(f"Expected a lesson's name, like '06_lstm'. Received: {lesson!r}")
        self.lesson = lesson
        self.profile = profile
        asked = results or os.environ.get("COURSE_RESULTS")
        self._folder = Path(asked or RESULTS)
        self._published = Path(results or RESULTS) / f"{lesson}.json"
        self._writes = bool(asked) or profile == "full"
        if self._writes:
            self._folder.mkdir(parents=True, exist_ok=True)
            machine.check_writable(self._folder)
        self._claims = []
        self._shown = 0  # so many of them have stood in a table
        self._recorded = {}
        self._started = time.perf_counter()

    def finding(self, text, *, measured, at_least=None, at_most=None, otherwise, digits=3):
        """Add a sentence about networks, with the value that would have refuted it.

        Args:
            text: the sentence, and what the number is.
            measured: a number, or a sequence with one value a seed. The mean of a sequence is held to
                the bounds; the table shows the mean and the range.
            at_least, at_most: the bounds, at least one of them.
            otherwise: what one would measure if there were no effect, or if the sentence were turned
                round: 0 for a difference, 1 for a ratio, chance for an accuracy.
            digits: decimal places the table shows.

        Raises:
            ValueError: no bound; `otherwise` lies within the bounds, so that the sentence could not
                fail; nothing measured; or the same text twice.
            TypeError: something that should be a number is none.
        """
        claim = self._claim(text, measured, at_least, at_most, digits, "finding", several=True)
        otherwise = _one_number(text, "otherwise", otherwise)
        if not math.isfinite(otherwise):
            raise ValueError(f"{text!r}: expected a finite number as otherwise. Got {otherwise}")
        if claim.allows(otherwise):
            raise ValueError(
                f"{text!r}: this sentence could not fail. The value that would refute it, otherwise = "
                f"{otherwise:g}, lies within the bounds ({claim.expected}). Tighten the bounds, or "
                "name the value that one would measure if the sentence were wrong."
            )
        self._claims.append(Claim(**{**vars(claim), "otherwise": otherwise}))

    def code(self, text, *, measured, at_least=None, at_most=None, equals=None, digits=3):
        """Add a test of the code, such as a parity, a gradient or a theorem.

        `measured` must lie within the bounds, or equal `equals`: a whole number exactly, any other to
        a relative 1e-9.

        Raises:
            ValueError: no bound, `equals` beside another bound, or the same text twice.
            TypeError: something that should be a number is none.
        """
        claim = self._claim(text, measured, at_least, at_most, digits, "code", equals=equals)
        self._claims.append(claim)

    def add(self, text, *, measured, at_least=None, at_most=None, equals=None, digits=3):
        """Add a claim of either kind, for lessons that do not tell them apart.

        The arguments, the rules and the errors are those of `code`.
        """
        claim = self._claim(text, measured, at_least, at_most, digits, "claim", equals=equals)
        self._claims.append(claim)

    def _claim(
        self, text, measured, at_least, at_most, digits, kind, *, equals=None, several=False
    ):
        if equals is not None:
            if at_least is not None or at_most is not None:
                raise ValueError(f"{text!r}: `equals` stands alone, without at_least or at_most")
            at_least = at_most = equals
        if at_least is None and at_most is None:
            allowed = "at_least or at_most" if several else "at_least, at_most or equals"
            raise ValueError(f"{text!r}: expected a bound ({allowed}), got none")
        if at_least is not None:
            at_least = _one_number(text, "the lower bound", at_least)
        if at_most is not None:
            at_most = _one_number(text, "the upper bound", at_most)
        if math.isnan(at_least or 0) or math.isnan(at_most or 0):
            raise ValueError(f"{text!r}: expected a number as bound, got nan")
        if at_least is not None and at_most is not None and at_least > at_most:
            raise ValueError(f"{text!r}: nothing lies between at_least={at_least} and {at_most}")
        if any(claim.text == text for claim in self._claims):
            raise ValueError(f"{text!r} is claimed twice")
        read = _numbers if several else _only_number
        return Claim(text, read(text, measured), at_least, at_most, digits, kind)

    def record(self, **numbers):
        """Keep more numbers (seeds, spreads, tables) for the results file.

        They are copied now. Arrays, tensors and Series become lists, a DataFrame {column: {row:
        value}}, keys text, dates ISO text. NaN and infinities, which JSON does not have, become the
        text "NaN", "Infinity" and "-Infinity", which `float` reads.

        Raises:
            ValueError: a name that the results file uses itself; two keys that become the same text.
            TypeError: something of which no JSON can be made. The message names it and where it lies.
        """
        taken = _OWN_FIELDS & numbers.keys()
        if taken:
            raise ValueError(
                f"Expected names other than {sorted(_OWN_FIELDS)}, which the results file has already. "
                f"Received: {sorted(taken)}"
            )
        self._recorded.update({name: _plain(value, name) for name, value in numbers.items()})

    def show(self):
        """The table of the claims since the last table, once each of them holds; `check` ends the lesson.

        Raises:
            ClaimsNotHeld: some claim does not; the message names each, measured and expected.
            ValueError: nothing has been claimed since the last table.
        """
        if self._shown == len(self._claims):
            raise ValueError(
                f"{self.lesson} makes no claim that no table has shown yet: add one before show()"
            )
        return self._table_of_the_rest(self._published_run())

    def check(self):
        """The table of the claims that `show` has not shown, or of all, once every claim holds.

        Raises:
            ClaimsNotHeld: some claim does not; the message names each, measured and expected.
            ValueError: there is nothing to check.
        """
        if not self._claims:
            raise ValueError(f"{self.lesson} makes no claim: add one before check()")
        published = self._published_run()  # before this run is written over it
        if self._writes:
            self._write()
        return self._table_of_the_rest(published)

    def _table_of_the_rest(self, published):
        broken = [claim for claim in self._claims if not claim.held or claim.turned_round_holds]
        if broken:
            raise ClaimsNotHeld(
                f"{len(broken)} of {len(self._claims)} claims of {self.lesson} do not hold:\n  "
                + "\n  ".join(map(_complaint, broken))
            )
        rest, self._shown = self._claims[self._shown :] or self._claims, len(self._claims)
        return _table([(claim.kind, claim.cells(), claim.digits) for claim in rest], published)

    def _published_run(self):
        """The last full run's file, where this run is a small one that can be set beside it."""
        kinds = {claim.kind for claim in self._claims}
        if self.profile == "full" or kinds == {"claim"} or not self._published.is_file():
            return None
        run = _read_run(self._published)
        return run if run["profile"] == "full" else None

    def _write(self):
        result = {
            "lesson": self.lesson,
            "profile": self.profile,
            "date": datetime.date.today().isoformat(),
            "seconds": round(time.perf_counter() - self._started, 1),
            "hardware": machine.hardware(),
            "claims": [
                {
                    "claim": claim.text,
                    "kind": claim.kind,
                    "measured": _plain(claim.measured, claim.text),
                    "values": _plain(claim.values, claim.text),
                    "expected": claim.expected,
                    "held": claim.held,
                    "digits": claim.digits,
                }
                for claim in self._claims
            ],
            **self._recorded,
        }
        content = json.dumps(result, indent=1, allow_nan=False) + "\n"
        machine.write_atomically(self._folder / f"{self.lesson}.json", content.encode("utf-8"))


def _complaint(claim):
    text, measured, expected, _ = claim.cells()
    opposite = "; turned round, the sentence would hold" if claim.turned_round_holds else ""
    return f"{text}: measured {measured}, expected {expected}{opposite}"


def full_run(lesson, *, results=None):
    """The table of claims that the lesson's last full run wrote, with when and on what it ran.

    Args:
        lesson: the notebook's name without its ending.
        results: folder of the results file; `results/` beside course_lib by default.

    Raises:
        FileNotFoundError: no full run of this lesson has written a file.
        ValueError: the file is not what a run writes.
    """
    source = Path(results or RESULTS) / f"{lesson}.json"
    if not source.is_file():
        raise FileNotFoundError(
            f"Expected {source.name} in {source.parent.name}/, as a full run writes it "
            f"(course run {lesson.partition('_')[0]} --profile full). Found none."
        )
    run = _read_run(source)
    rows = [
        (
            row.get("kind", "claim"),
            (row["claim"], _published(row, 3), row["expected"], _verdict(row["held"])),
            None,
        )
        for row in run["claims"]
    ]
    return _table(rows, caption=f"full size, {_circumstances(run)}")


def _read_run(source):
    """A results file, once it has proven to have what the tables need."""
    try:
        run = json.loads(source.read_bytes())
        _circumstances(run), run["profile"]
        for row in run["claims"]:
            row["claim"], row["expected"], row["held"], _published(row, 3)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"Expected the results of a run in {source.parent.name}/{source.name}, but it cannot be "
            f"read as such: {error!r}. Restore it (git checkout), or run the lesson at full size."
        ) from error
    return run


def _circumstances(run):
    """When, how long and on what a run was made, in one line."""
    ran_on = run["hardware"]
    device = ", ".join(ran_on["accelerators"]) or f"{ran_on['cores']} cores, no GPU"
    return (
        f"{run['date']}, {run['seconds'] / 60:.0f} minutes on {ran_on['processor']} "
        f"({device}), Keras {ran_on['keras']} on {ran_on['backend']}"
    )


def _published(row, digits):
    """What a results file's row measured, as text; files before the seeds' values have only a mean."""
    values = [float(value) for value in row.get("values", [row["measured"]])]
    return _spread(values, row.get("digits", digits))


def _table(claims, run=None, *, caption=""):
    """Claims as (kind, cells, digits), findings first; `run` fills a column and the caption."""
    before = {row["claim"]: row for row in run["claims"]} if run else {}
    beside = any(cells[0] in before for _, cells, _ in claims)
    rows = []
    for codes in (False, True):
        group = [claim for claim in claims if (claim[0] == "code") == codes]
        if codes and group:
            rows.append((TESTS_OF_CODE,))
        for _, cells, digits in group:
            row = before.get(cells[0])
            found = "" if row is None else _published(row, digits)
            if row is not None and not row["held"]:
                found += ", NO"
            rows.append((*cells, found) if beside else cells)
    if beside:
        caption = f"full run: {_circumstances(run)}"
    return Table(rows, caption, beside=beside)


class Table:
    """Claims as text and as HTML, under a caption where one is given.

    Args:
        rows: cells of text; a row of a single cell is a heading.
        caption: a line above the table.
        beside: whether rows have a fifth cell, the full run's numbers.
    """

    def __init__(self, rows, caption="", *, beside=False):
        self.header = ("claim", "measured", "expected", "held") + ("full run",) * beside
        self._rows = rows
        self._caption = caption

    def __repr__(self):
        rows = [self.header, *self._rows]
        columns = zip(*(row for row in rows if len(row) > 1), strict=True)
        widths = [max(map(len, column)) for column in columns]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=False)) for row in rows]
        if self._caption:
            lines.insert(0, self._caption)
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self):
        def row(tag, cells):
            if len(cells) == 1:
                heading = f'<th colspan="{len(self.header)}" style="text-align: left">'
                return f"<tr>{heading}{html.escape(cells[0])}</th></tr>"
            aligned = ("left", "right", "right", "center", "right")
            return "<tr>" + "".join(
                f'<{tag} style="text-align: {side}">{html.escape(cell)}</{tag}>'
                for side, cell in zip(aligned, cells, strict=False)
            ) + "</tr>"  # fmt: skip

        body = "".join(row("td", cells) for cells in self._rows)
        caption = f"<caption>{html.escape(self._caption)}</caption>" if self._caption else ""
        return (
            f"<table>{caption}<thead>{row('th', self.header)}</thead><tbody>{body}</tbody></table>"
        )


# -- numbers ---------------------------------------------------------------------------------------


def _only_number(text, measured):
    return (_one_number(text, "measured", measured),)


def _one_number(text, what, value):
    """`value` as a float; text is refused, and whatever holds more or less than one number."""
    try:
        if isinstance(value, (str, bytes)) or np.ndim(value):
            raise TypeError
        return float(value)
    except (TypeError, ValueError) as error:
        kind, shown = type(value).__name__, repr(value)[:80]
        raise TypeError(
            f"{text!r}: expected one number as {what}. Received a {kind}: {shown}"
        ) from error


def _numbers(text, measured):
    """One value, or one value a seed."""
    if isinstance(measured, (Mapping, Set)) or getattr(measured, "ndim", 0) > 1:
        raise TypeError(
            f"{text!r}: expected a number, or a list with one value a seed, as measured. "
            f"Received a {type(measured).__name__}: take its values, one a seed"
        )
    try:
        seeds = list(measured)
    except TypeError:
        return _only_number(text, measured)
    if not seeds:
        raise ValueError(f"{text!r}: expected a number, or one a seed, as measured. Received none")
    return tuple(_one_number(text, "what each seed measured", value) for value in seeds)


def _number(value, digits):
    """A number as the table shows it; what would be rounded to 0 keeps its order of magnitude."""
    value = float(value)
    if value.is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) < 0.5 * 10**-digits or 1e15 <= abs(value) < math.inf:
        return f"{value:.0e}"
    return f"{value:,.{digits}f}"


def _read(text):
    """The number that a reader takes from the text of `_number`."""
    return float(text.replace(",", ""))


def _spread(values, digits):
    """One value alone; of several the mean and the range, as in 0.981 (0.975 to 0.988)."""
    if len(values) == 1:
        return _number(values[0], digits)
    mean, low, high = (
        _number(v, digits) for v in (statistics.mean(values), min(values), max(values))
    )
    return f"{mean} ({low} to {high})"


def _verdict(held):
    return "yes" if held else "NO"


# -- JSON ------------------------------------------------------------------------------------------


def _plain(value, where):
    """`value` in the types that JSON has; `where` names it in an error."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(
        value, str
    ):  # `str`, `int` and `float` take subclasses back: NumPy's, enumerations
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _finite_or_text(float(value))
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, np.generic):
        return _plain_scalar(value, where)
    if isinstance(value, Mapping):
        return _plain_mapping(value.items(), where)
    if hasattr(value, "columns") and hasattr(value, "items"):  # pandas's DataFrame
        columns = ((name, _Pairs(column.items())) for name, column in value.items())
        return _plain_mapping(columns, where)
    if isinstance(value, _Pairs):
        return _plain_mapping(value, where)
    if isinstance(value, (Sequence, KeysView, ValuesView)) and not isinstance(value, bytes):
        return [_plain(item, f"{where}[{place}]") for place, item in enumerate(value)]
    if hasattr(value, "__array__"):  # arrays, tensors, Series
        array = np.asarray(value)
        if array.dtype.kind in "biuf" or array.ndim == 0:
            return _plain(array.item() if array.ndim == 0 else array.tolist(), where)
        return _plain(list(array), where)
    raise _no_json(value, where)


class _Pairs(list):
    """(key, value) pairs, in which a key may still come twice."""


def _plain_scalar(value, where):
    """A NumPy scalar that is no subclass of a Python number."""
    if isinstance(value, np.datetime64):
        return str(value)
    if value.dtype.kind in "biuf":
        kind = {"b": bool, "i": int, "u": int}.get(value.dtype.kind, float)
        return _plain(kind(value), where)
    raise _no_json(value, where)


def _plain_mapping(pairs, where):
    plain = {}
    for key, value in pairs:
        name = _key(key, where)
        if name in plain:
            raise ValueError(
                f"{where}: two entries are called {name!r}, of which one would be lost"
            )
        plain[name] = _plain(value, f"{where}[{name!r}]")
    return plain


def _key(key, where):
    """A key as text; the parts of a tuple are set side by side."""
    if isinstance(key, tuple):
        return ", ".join(_key(part, where) for part in key)
    plain = _plain(key, f"{where}, key {key!r}")
    if isinstance(plain, (dict, list)):
        raise _no_json(key, f"{where}, as a key")
    return plain if isinstance(plain, str) else json.dumps(plain)


def _finite_or_text(value):
    """JSON has no NaN and no infinity; `float` reads these words."""
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def _no_json(value, where):
    return TypeError(
        f"{where}: expected numbers, text, dates, and lists, arrays, dicts or DataFrames of them. "
        f"Received a {type(value).__name__}: {repr(value)[:80]}"
    )
