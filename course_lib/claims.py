"""The table a lesson ends with: what it claims, what it measured, and whether the claim still holds.

    claims = Claims("10_sentiment", profile=PROFILE)
    claims.add("logistic regression beats guessing", measured=accuracy, at_least=0.85)
    claims.record(seeds=[1, 2], accuracies=accuracies)
    claims.check()

`check` is the last expression of a cell: it shows the table, and stops the lesson with the same table in
the error when a claim no longer holds. In a full run the numbers also go to `results/<lesson>.json`, from
where `full_run` shows them to a reader whose machine has run the small size.
"""

import datetime
import html
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

from course_lib import machine

RESULTS = (machine.checkout() or Path.cwd()) / "results"

_OWN_FIELDS = {"lesson", "profile", "date", "seconds", "hardware", "claims"}  # of a results file


class ClaimsNotHeld(AssertionError):
    """A lesson measured something else than it says."""


@dataclass(frozen=True)
class Claim:
    """One sentence of a lesson and the number that carries it; a bound that is None does not bind."""

    text: str
    measured: float
    at_least: float | None = None
    at_most: float | None = None
    digits: int = 3

    @property
    def held(self):
        above = self.at_least is None or self.measured >= self.at_least
        below = self.at_most is None or self.measured <= self.at_most
        return math.isfinite(self.measured) and above and below

    @property
    def expected(self):
        if self.at_least is not None and self.at_least == self.at_most:
            return f"= {_number(self.at_least, self.digits)}"
        if self.at_least is not None and self.at_most is not None:
            return f"{_number(self.at_least, self.digits)} to {_number(self.at_most, self.digits)}"
        if self.at_least is not None:
            return f"≥ {_number(self.at_least, self.digits)}"
        return f"≤ {_number(self.at_most, self.digits)}"

    def cells(self):
        """The claim as the table shows it: text, measured, expected, held."""
        measured = _number(self.measured, self.digits)
        return self.text, measured, self.expected, _verdict(self.held)


class Claims:
    """Collect a lesson's claims, then check them all at once.

    Args:
        lesson: the notebook's name without its ending; names the results file.
        profile: "laptop" or "full"; a full run writes the results file.
        results: folder of the results file. Without it: the environment's COURSE_RESULTS, which makes
            a laptop run write as well, else `results/` beside course_lib.
    """

    def __init__(self, lesson, *, profile, results=None):
        if profile not in ("laptop", "full"):
            raise ValueError(f"Expected profile 'laptop' or 'full'. Received: {profile!r}")
        self.lesson = lesson
        self.profile = profile
        asked = results or os.environ.get("COURSE_RESULTS")
        self._folder = Path(asked or RESULTS)
        self._writes = bool(asked) or profile == "full"
        self._claims = []
        self._recorded = {}
        self._started = time.perf_counter()

    def add(self, text, *, measured, at_least=None, at_most=None, equals=None, digits=3):
        """Add a claim: `measured` must lie within the bounds, or equal `equals`.

        Raises:
            ValueError: no bound, `equals` beside another bound, or the same text twice.
        """
        if equals is not None:
            if at_least is not None or at_most is not None:
                raise ValueError(f"{text!r}: `equals` stands alone, without at_least or at_most")
            at_least = at_most = float(equals)
        if at_least is None and at_most is None:
            raise ValueError(f"{text!r}: expected a bound (at_least, at_most or equals), got none")
        if any(claim.text == text for claim in self._claims):
            raise ValueError(f"{text!r} is claimed twice")
        self._claims.append(Claim(text, float(measured), at_least, at_most, digits))

    def record(self, **numbers):
        """Keep more numbers (seeds, spreads, tables) for the results file.

        Raises:
            ValueError: a name that the results file uses itself.
        """
        taken = _OWN_FIELDS & numbers.keys()
        if taken:
            raise ValueError(
                f"Expected names other than {sorted(_OWN_FIELDS)}, which the results file has already. "
                f"Received: {sorted(taken)}"
            )
        self._recorded.update(numbers)

    def check(self):
        """The table, once every claim holds.

        Raises:
            ClaimsNotHeld: some claim does not; the message names each, measured and expected.
            ValueError: there is nothing to check.
        """
        if not self._claims:
            raise ValueError(f"{self.lesson} makes no claim: add one before check()")
        if self._writes:
            self._write()
        broken = [claim for claim in self._claims if not claim.held]
        if broken:
            lines = [
                f"{text}: measured {m}, expected {e}" for text, m, e, _ in map(Claim.cells, broken)
            ]
            raise ClaimsNotHeld(
                f"{len(broken)} of {len(self._claims)} claims of {self.lesson} do not hold:\n  "
                + "\n  ".join(lines)
            )
        return Table([claim.cells() for claim in self._claims])

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
                    "measured": claim.measured,
                    "expected": claim.expected,
                    "held": claim.held,
                }
                for claim in self._claims
            ],
            **self._recorded,
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps(result, indent=1, default=_plain) + "\n"
        machine.write_atomically(self._folder / f"{self.lesson}.json", content.encode("utf-8"))


def full_run(lesson, *, results=None):
    """The table of claims that the lesson's last full run wrote, with when and on what it ran.

    Args:
        lesson: the notebook's name without its ending.
        results: folder of the results file; `results/` beside course_lib by default.

    Raises:
        FileNotFoundError: no full run of this lesson has written a file.
    """
    source = Path(results or RESULTS) / f"{lesson}.json"
    if not source.is_file():
        raise FileNotFoundError(
            f"Expected {source.name} in {source.parent.name}/, as a full run writes it "
            f"(course run {lesson[:2]} --profile full). Found none."
        )
    run = json.loads(source.read_text(encoding="utf-8"))
    ran_on = run["hardware"]
    device = ", ".join(ran_on["accelerators"]) or f"{ran_on['cores']} cores, no GPU"
    caption = (
        f"full size, {run['date']}, {run['seconds'] / 60:.0f} minutes on {ran_on['processor']} "
        f"({device}), Keras {ran_on['keras']} on {ran_on['backend']}"
    )
    rows = [
        (row["claim"], _number(row["measured"], 3), row["expected"], _verdict(row["held"]))
        for row in run["claims"]
    ]
    return Table(rows, caption)


class Table:
    """Claims as text and as HTML, under a caption where one is given."""

    header = ("claim", "measured", "expected", "held")

    def __init__(self, rows, caption=""):
        self._rows = rows
        self._caption = caption

    def __repr__(self):
        rows = [self.header, *self._rows]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.header))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
        if self._caption:
            lines.insert(0, self._caption)
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self):
        def row(tag, cells):
            aligned = ("left", "right", "right", "center")
            return "<tr>" + "".join(
                f'<{tag} style="text-align: {side}">{html.escape(cell)}</{tag}>'
                for side, cell in zip(aligned, cells, strict=True)
            ) + "</tr>"  # fmt: skip

        body = "".join(row("td", cells) for cells in self._rows)
        caption = f"<caption>{html.escape(self._caption)}</caption>" if self._caption else ""
        return (
            f"<table>{caption}<thead>{row('th', self.header)}</thead><tbody>{body}</tbody></table>"
        )


def _number(value, digits):
    """A number as the table shows it; what would be rounded to 0 keeps its order of magnitude."""
    if float(value).is_integer():
        return f"{int(value):,}"
    if abs(value) < 0.5 * 10**-digits:
        return f"{value:.0e}"
    return f"{value:,.{digits}f}"


def _verdict(held):
    return "yes" if held else "NO"


def _plain(value):
    """NumPy scalars and arrays for json."""
    return value.tolist()
