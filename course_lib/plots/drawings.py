"""The machines of the course, drawn: every function returns one matplotlib figure.

All are made with the vocabulary of `_Sheet`: a rounded **box** has weights, a **circle** works entry by entry,
an **arrow** carries an array, a **dot** copies it, a **label** names it and a **shape** says how large it
is. One unit of a sheet is one inch, so that letters and boxes keep their sizes from figure to figure.
Nothing is told by colour alone: what is highlighted is darker and thicker, gradients are dashed, and
padding is hatched. The paper is opaque white, so that a dark page shows the same picture.

A figure's label (`figure.get_label()`) describes it in one sentence, for readers who cannot see it.
"""

from typing import NamedTuple

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path


def _tint(colour, strength):
    """Mix a colour with white: 1 is the colour itself, 0 is white."""
    return tuple(1 - strength * (1 - part) for part in to_rgb(colour))


INK, WARM, _, GREY, ACCENT = COLOURS
PALE = _tint(GREY, 0.55)
PAPER = "white"
LAYER = _tint(INK, 0.12)
LIT = _tint(WARM, 0.35)

SYMBOL, WORD, SMALL = 14, 11, 9.5  # points; a sheet 7.2 inches wide is shown about 700 pixels wide
CORNER = 0.1

BATCH_FEATURES = "(batch, features)"
BATCH_UNITS = "(batch, units)"


class _Node(NamedTuple):
    """Something with a border, on which arrows begin and end; x and y are its middle."""

    x: float
    y: float
    width: float
    height: float

    def left(self, shift=0.0):
        return self.x - self.width / 2, self.y + shift

    def right(self, shift=0.0):
        return self.x + self.width / 2, self.y + shift

    def top(self, shift=0.0):
        return self.x + shift, self.y + self.height / 2

    def bottom(self, shift=0.0):
        return self.x + shift, self.y - self.height / 2


class _Sheet:
    """A white sheet of paper, and the few things that are drawn on it.

    Every thing may belong to `parts`, names with a space between; with a `highlight`, things of that part
    are drawn dark and thick, and all others pale.
    """

    def __init__(self, width, height, description, *, highlight=None, parts=()):
        if highlight is not None and highlight not in parts:
            names = ", ".join(repr(part) for part in parts)
            raise ValueError(f"highlight must be None or one of {names}, got {highlight!r}")
        self.highlight = highlight
        self.figure = plt.figure(figsize=(width, height), facecolor=PAPER, label=description)
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
        self.axes.set_axis_off()
        self.axes.add_patch(Rectangle((0, 0), width, height, color=PAPER, zorder=-1, lw=0))

    def _style(self, parts):
        """(colour, line width, fill of a box, height in the pile) of a thing of these parts."""
        if self.highlight is None:
            return INK, 1.6, LAYER, 3
        if self.highlight in parts.split():
            return ACCENT, 2.4, LIT, 4
        return PALE, 1.3, PAPER, 2

    def text(self, x, y, text, *, parts="", size=SYMBOL, ha="center", va="center", colour=None):
        ink, _, _, pile = self._style(parts)
        self.axes.text(
            x,
            y,
            text,
            size=size,
            ha=ha,
            va=va,
            color=colour or ink,
            zorder=pile + 3,
            family="DejaVu Sans",
            math_fontfamily="cm",
            linespacing=1.3,
        )

    def shape(self, x, y, text, *, parts="", **place):
        self.text(x, y, text, parts=parts, size=SMALL, **place)

    def box(self, x, y, text, *, weights="", width=0.62, height=0.62, parts="", size=SYMBOL):
        """A layer with weights: what it does, and under that the weights it does it with."""
        colour, line, fill, pile = self._style(parts)
        self.axes.add_patch(
            FancyBboxPatch(
                (x - width / 2, y - height / 2),
                width,
                height,
                boxstyle=f"round,pad=0,rounding_size={CORNER}",
                fc=fill,
                ec=colour,
                lw=line,
                zorder=pile + 2,
                label="box",
            )
        )
        lift = 0.14 if weights else 0
        self.text(x, y + lift, text, parts=parts, size=size)
        if weights:
            self.text(x, y - 0.16, weights, parts=parts, size=WORD)
        return _Node(x, y, width, height)

    def op(self, x, y, text, *, parts="", radius=0.19, size=SYMBOL, label="op", fill=PAPER):
        """What works entry by entry and has no weights."""
        colour, line, _, pile = self._style(parts)
        self.axes.add_patch(
            Circle((x, y), radius, fc=fill, ec=colour, lw=line, zorder=pile + 2, label=label)
        )
        self.text(x, y, text, parts=parts, size=size)
        return _Node(x, y, 2 * radius, 2 * radius)

    def data(self, x, y, text, *, parts=""):
        """An array that comes from outside or goes there."""
        return self.op(x, y, text, parts=parts, radius=0.24, size=13, label="data")

    def square(self, x, y, side, text, *, padding=False):
        """One entry of an array; padding is hatched."""
        self.axes.add_patch(
            Rectangle(
                (x - side / 2, y - side / 2),
                side,
                side,
                fc=PAPER if padding else LAYER,
                ec=GREY if padding else INK,
                lw=1.2,
                hatch="////" if padding else None,
                zorder=4 if padding else 5,
                label="padding" if padding else "entry",
            )
        )
        self.text(x, y, text, size=WORD)

    def arrow(self, *points, parts="", label="arrow", head=True, over=False):
        """A line through the points with round corners; `over`: it passes over another with a gap."""
        colour, width, _, pile = self._style(parts)
        back = label == "gradient"
        if back:
            colour = ACCENT
        path = _rounded(points)
        if over:
            self.axes.add_patch(
                FancyArrowPatch(
                    path=path, arrowstyle="-", color=PAPER, lw=width + 5, zorder=pile, label="gap"
                )
            )
        self.axes.add_patch(
            FancyArrowPatch(
                path=path,
                arrowstyle="-|>,head_length=0.45,head_width=0.22" if head else "-",
                mutation_scale=16,
                shrinkA=0,
                shrinkB=0,
                color=colour,
                lw=width,
                linestyle=(0, (3, 1.6)) if back else "-",
                joinstyle="miter",
                capstyle="butt",
                zorder=pile + 1,
                label=label if head else "line",
            )
        )

    def line(self, *points, parts="", over=False):
        self.arrow(*points, parts=parts, head=False, over=over)

    def dot(self, x, y, *, parts=""):
        """Where an array is copied."""
        colour, _, _, pile = self._style(parts)
        self.axes.add_patch(Circle((x, y), 0.05, color=colour, zorder=pile + 2, label="dot"))

    def frame(self, left, bottom, right, top):
        """What belongs to one step of a cell."""
        self.axes.add_patch(
            FancyBboxPatch(
                (left, bottom),
                right - left,
                top - bottom,
                boxstyle="round,pad=0,rounding_size=0.2",
                fc=_tint(GREY, 0.1),
                ec=PALE,
                lw=1,
                zorder=0,
                label="frame",
            )
        )

    def caption(self, x, y, equations, key):
        """The equation of the highlighted part; without a highlight, what the signs mean."""
        if self.highlight:
            self.text(x, y, equations[self.highlight], parts=self.highlight, size=SYMBOL)
        else:
            self.text(x, y, key, size=SMALL)


def _rounded(points, radius=CORNER):
    """The path through points, its corners rounded."""
    vertices, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        vertices += [_towards(corner, before, radius), corner, _towards(corner, after, radius)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*vertices, points[-1]], [*codes, Path.LINETO])


def _towards(start, end, length):
    (x0, y0), (x1, y1) = start, end
    distance = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    share = min(1, length / distance)
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)


# --- one step of a cell -----------------------------------------------------------------------------

KEY = "box: layer with weights      circle: entry by entry      dot: copy"

SIMPLE = {
    "W": r"$x_t\,W$",
    "U": r"$h_{t-1}\,U$",
    "b": r"$x_t W + h_{t-1} U + b$",
    "tanh": r"$\tanh\,(x_t W + h_{t-1} U + b)$",
    "h": r"$h_t = \tanh\,(x_t W + h_{t-1} U + b)$",
}


def simple_cell(highlight=None, *, shapes=True):
    """Draw one step of the simple cell, h_t = tanh(x_t W + h_{t-1} U + b).

    Args:
        highlight: the part in colour: "W", "U", "b", "tanh", "h", or None for all of it dark.
        shapes: whether arrays and weights carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for another `highlight`.
    """
    sheet = _Sheet(
        7.2,
        3.1,
        "One step of the simple cell: x_t times W, h_{t-1} times U and b are added; tanh of the sum is h_t.",
        highlight=highlight,
        parts=tuple(SIMPLE),
    )
    middle, low = 2.2, 0.95
    sheet.frame(1.45, 0.55, 5.75, 2.85)
    u = sheet.box(2.3, middle, "$U$", parts="U", width=0.8)
    w = sheet.box(2.3, low, "$W$", parts="W", width=0.8)
    plus = sheet.op(3.4, middle, "$+$", parts="b tanh h")
    b = sheet.box(4.1, low, "$b$", parts="b", width=0.5, height=0.5)
    tanh = sheet.op(4.65, middle, r"$\tanh$", parts="tanh h", radius=0.33, size=12)
    sheet.arrow((1.15, middle), u.left(), parts="U")
    sheet.arrow((1.15, low), w.left(), parts="W")
    sheet.arrow(u.right(), plus.left(), parts="U b tanh h")
    sheet.arrow(w.right(), (3.4, low), plus.bottom(), parts="W b tanh h")
    sheet.arrow(b.top(), (4.1, 1.6), (3.54, 1.6), (3.54, 2.06), parts="b tanh h")
    sheet.arrow(plus.right(), tanh.left(), parts="b tanh h")
    sheet.arrow(tanh.right(), (6.1, middle), parts="tanh h")
    sheet.text(0.8, middle, "$h_{t-1}$", parts="U")
    sheet.text(0.8, low, "$x_t$", parts="W")
    sheet.text(6.4, middle, "$h_t$", parts="h")
    if shapes:
        sheet.shape(0.72, middle - 0.3, BATCH_UNITS, parts="U")
        sheet.shape(0.72, low - 0.3, BATCH_FEATURES, parts="W")
        sheet.shape(6.45, middle - 0.3, BATCH_UNITS, parts="h")
        sheet.shape(2.3, middle + 0.45, "(units, units)", parts="U")
        sheet.shape(2.3, low + 0.45, "(features, units)", parts="W")
        sheet.shape(4.45, low, "(units,)", parts="b", ha="left")
    sheet.caption(3.6, 0.25, SIMPLE, KEY)
    return sheet.figure


LSTM = {
    "f": r"$f_t = \sigma(x_t W_f + h_{t-1} U_f + b_f)$",
    "i": r"$i_t = \sigma(x_t W_i + h_{t-1} U_i + b_i)$",
    "candidate": r"$\hat{c}_t = \tanh\,(x_t W_c + h_{t-1} U_c + b_c)$",
    "o": r"$o_t = \sigma(x_t W_o + h_{t-1} U_o + b_o)$",
    "c": r"$c_t = f_t * c_{t-1} + i_t * \hat{c}_t$",
    "h": r"$h_t = o_t * \tanh\,(c_t)$",
}


def lstm_cell(*, highlight=None, shapes=True):
    """Draw one step of the LSTM, with gates f, i, o and the candidate.

        c_t = f_t * c_{t-1} + i_t * ĉ_t,    h_t = o_t * tanh(c_t)

    Args:
        highlight: the equation in colour: "f", "i", "candidate", "o", "c", "h", or None for all dark.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for another `highlight`.
    """
    sheet = _Sheet(
        7.2,
        4.6,
        "One step of the LSTM: the cell state runs along the top, is multiplied by the forget gate and "
        "gains input gate times candidate; output gate times tanh of it is the hidden state.",
        highlight=highlight,
        parts=tuple(LSTM),
    )
    memory, gates, bus = 3.8, 2.05, 1.15
    sheet.frame(1.3, 0.8, 6.0, 4.3)
    columns = {"f": 1.95, "i": 2.9, "candidate": 3.85, "o": 4.8}
    boxes = {
        part: sheet.box(
            x,
            gates,
            r"$\tanh$" if part == "candidate" else r"$\sigma$",
            weights=rf"$W_{part[0]}\,U_{part[0]}\,b_{part[0]}$",
            width=0.84,
            height=0.72,
            parts=part,
        )
        for part, x in columns.items()
    }
    forget = sheet.op(columns["f"], memory, "$*$", parts="c")
    write = sheet.op(columns["candidate"], 3.05, "$*$", parts="c")
    plus = sheet.op(columns["candidate"], memory, "$+$", parts="c")
    tanh = sheet.op(5.6, 3.2, r"$\tanh$", parts="h", radius=0.3, size=11)
    show = sheet.op(5.6, 2.6, "$*$", parts="h")

    sheet.arrow((1.0, memory), forget.left(), parts="c")
    sheet.arrow(forget.right(), plus.left(), parts="c")
    sheet.line(plus.right(), (5.6, memory), parts="c h")
    sheet.arrow((5.6, memory), (6.3, memory), parts="c")
    sheet.dot(5.6, memory, parts="c h")
    sheet.arrow((5.6, memory), tanh.top(), parts="h")
    sheet.arrow(tanh.bottom(), show.top(), parts="h")
    sheet.arrow(show.bottom(), (5.6, bus), (6.3, bus), parts="h")

    sheet.arrow(boxes["f"].top(), forget.bottom(), parts="f c")
    sheet.arrow(boxes["i"].top(), (columns["i"], 3.05), write.left(), parts="i c")
    sheet.arrow(boxes["candidate"].top(), write.bottom(), parts="candidate c")
    sheet.arrow(write.top(), plus.bottom(), parts="c")
    sheet.arrow(boxes["o"].top(), (columns["o"], 2.6), show.left(), parts="o h")

    everyone = list(columns)
    sheet.line((1.0, bus), (columns["f"], bus), parts=" ".join(everyone))
    sheet.line((1.6, 0.55), (1.6, bus), parts=" ".join(everyone))
    sheet.dot(1.6, bus, parts=" ".join(everyone))
    for place, part in enumerate(everyone):
        if place + 1 < len(everyone):
            right = " ".join(everyone[place + 1 :])
            sheet.line((columns[part], bus), (columns[everyone[place + 1]], bus), parts=right)
            sheet.dot(columns[part], bus, parts=f"{part} {right}")
        sheet.arrow((columns[part], bus), boxes[part].bottom(), parts=part)

    sheet.text(0.7, memory, "$c_{t-1}$", parts="c")
    sheet.text(0.7, bus, "$h_{t-1}$", parts="f i candidate o")
    sheet.text(1.6, 0.38, "$x_t$", parts="f i candidate o")
    sheet.text(6.55, memory, "$c_t$", parts="c h")
    sheet.text(6.55, bus, "$h_t$", parts="h")
    sheet.text(columns["f"] + 0.2, 2.95, "$f_t$", parts="f c")
    sheet.text(columns["i"] + 0.2, 2.75, "$i_t$", parts="i c")
    sheet.text(columns["candidate"] + 0.23, 2.65, r"$\hat{c}_t$", parts="candidate c")
    sheet.text(columns["o"] + 0.22, 2.75, "$o_t$", parts="o h")
    if shapes:
        sheet.shape(0.64, memory - 0.3, BATCH_UNITS, parts="c")
        sheet.shape(0.64, bus - 0.3, BATCH_UNITS, parts="f i candidate o")
        sheet.shape(1.85, 0.38, BATCH_FEATURES, parts="f i candidate o", ha="left")
        sheet.shape(6.6, memory - 0.3, BATCH_UNITS, parts="c h")
        sheet.shape(6.6, bus - 0.3, BATCH_UNITS, parts="h")
    sheet.caption(4.6, 0.38, LSTM, KEY)
    return sheet.figure


GRU = {
    "z": r"$z_t = \sigma(x_t W_z + h_{t-1} U_z + b_z)$",
    "r": r"$r_t = \sigma(x_t W_r + h_{t-1} U_r + b_r)$",
    "candidate": r"$\hat{h}_t = \tanh\,(x_t W_h + (r_t * h_{t-1})\,U_h + b_h)$",
    "h": r"$h_t = z_t * h_{t-1} + (1 - z_t) * \hat{h}_t$",
}
GRU_AFTER = GRU | {
    "z": r"$z_t = \sigma(x_t W_z + b_z + h_{t-1} U_z + c_z)$",
    "r": r"$r_t = \sigma(x_t W_r + b_r + h_{t-1} U_r + c_r)$",
    "candidate": r"$\hat{h}_t = \tanh\,(x_t W_h + b_h + r_t * (h_{t-1} U_h + c_h))$",
}


def gru_cell(*, reset_after=True, highlight=None, shapes=True):
    """Draw one step of the GRU, in which z = 1 keeps the past.

        h_t = z_t * h_{t-1} + (1 - z_t) * ĥ_t

    Args:
        reset_after: whether r multiplies h_{t-1} U_h + c_h (Keras's default) or h_{t-1} (Cho et al., 2014).
        highlight: the equation in colour: "z", "r", "candidate", "h", or None for all dark.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for another `highlight`.
    """
    order = "after" if reset_after else "before"
    equations = GRU_AFTER if reset_after else GRU
    sheet = _Sheet(
        7.2,
        4.9,
        "One step of the GRU: the update gate z mixes the old state with the candidate; the reset gate r "
        f"multiplies {order} the matrix U_h.",
        highlight=highlight,
        parts=tuple(equations),
    )
    memory, bus, gates, row, low = 4.25, 3.65, 2.9, 1.75, 0.95
    sheet.frame(1.3, 0.45, 6.2, 4.6)
    second = r"\,c" if reset_after else ""

    def gate(name, x):
        return sheet.box(
            x,
            gates,
            r"$\sigma$",
            weights=rf"$W_{name}\,U_{name}\,b_{name}" + (rf"{second}_{name}$" if second else "$"),
            width=1.05 if reset_after else 0.84,
            height=0.72,
            parts=name,
        )

    reset_x, u_x = (3.25, 2.4) if reset_after else (2.25, 3.15)
    r, z = gate("r", max(reset_x, 2.5)), gate("z", 4.5)
    u = sheet.box(
        u_x,
        row,
        r"$U_h\,c_h$" if reset_after else "$U_h$",
        width=0.8,
        height=0.5,
        parts="candidate",
        size=13,
    )
    w = sheet.box(4.0, low, r"$W_h\,b_h$", width=0.8, height=0.5, parts="candidate", size=13)
    reset = sheet.op(reset_x, row, "$*$", parts="candidate")
    plus = sheet.op(4.0, row, "$+$", parts="candidate")
    tanh = sheet.op(4.65, row, r"$\tanh$", parts="candidate", radius=0.3, size=11)
    keep = sheet.op(5.1, memory, "$*$", parts="h")
    rest = sheet.op(5.5, gates, "$1-$", parts="h", radius=0.24, size=12)
    take = sheet.op(5.5, row, "$*$", parts="h")
    add = sheet.op(5.9, memory, "$+$", parts="h")

    sheet.line((1.0, memory), (1.55, memory), parts="z r candidate h")
    sheet.dot(1.55, memory, parts="z r candidate h")
    sheet.arrow((1.55, memory), keep.left(), parts="h")
    sheet.arrow(keep.right(), add.left(), parts="h")
    sheet.arrow(add.right(), (6.5, memory), parts="h")
    sheet.line((1.55, memory), (1.55, bus), parts="z r candidate")
    sheet.dot(1.55, bus, parts="z r candidate")
    first, second_ = (u, reset) if reset_after else (reset, u)
    sheet.arrow((1.55, bus), (1.55, row), first.left(), parts="candidate")
    sheet.line((1.0, low), (1.75, low), parts="z r candidate")
    sheet.dot(1.75, low, parts="z r candidate")
    sheet.arrow((1.75, low), w.left(), parts="candidate")
    sheet.line((1.75, low), (1.75, bus), (2.0, bus), parts="z r", over=True)
    sheet.line((1.55, bus), (r.x, bus), parts="z r")
    sheet.dot(r.x, bus, parts="z r")
    sheet.arrow((r.x, bus), r.top(), parts="r")
    sheet.arrow((r.x, bus), (z.x, bus), z.top(), parts="z")
    sheet.arrow(r.bottom(reset_x - r.x), reset.top(), parts="r candidate")
    sheet.arrow(first.right(), second_.left(), parts="candidate")
    sheet.arrow(second_.right(), plus.left(), parts="candidate")
    sheet.arrow(w.top(), plus.bottom(), parts="candidate")
    sheet.arrow(plus.right(), tanh.left(), parts="candidate")
    sheet.arrow(tanh.right(), take.left(), parts="candidate h")
    sheet.arrow(z.right(), rest.left(), parts="z h")
    sheet.dot(5.1, gates, parts="z h")
    sheet.arrow((5.1, gates), keep.bottom(), parts="z h")
    sheet.arrow(rest.bottom(), take.top(), parts="h")
    sheet.arrow(take.right(), (5.9, row), add.bottom(), parts="h")

    sheet.text(0.7, memory, "$h_{t-1}$", parts="z r candidate h")
    sheet.text(0.7, low, "$x_t$", parts="z r candidate")
    sheet.text(6.75, memory, "$h_t$", parts="h")
    sheet.text(reset_x + 0.2, 2.25, "$r_t$", parts="r candidate")
    sheet.text(5.3, 3.4, "$z_t$", parts="z h")
    sheet.text(5.12, row + 0.22, r"$\hat{h}_t$", parts="candidate h")
    if shapes:
        sheet.shape(0.64, memory - 0.3, BATCH_UNITS, parts="z r candidate h")
        sheet.shape(0.64, low - 0.3, BATCH_FEATURES, parts="z r candidate")
        sheet.shape(6.68, memory - 0.3, BATCH_UNITS, parts="h")
    sheet.caption(3.75, 0.2, equations, KEY)
    return sheet.figure


# --- a network over time ----------------------------------------------------------------------------

WEIGHTS = r"$W, U, b$"


def unrolled(steps=3, *, backward=False, outputs="all", loop=False, words=None, shapes=False):
    """Draw a recurrent network once for each time step; every copy has the same weights.

    Args:
        steps: the number of time steps.
        backward: whether the gradient's arrows run back, from each loss L_t.
        outputs: "all" time steps, the "last" one, or "none".
        loop: whether the network as a loop stands beside it.
        words: what stands under x_1, x_2, ...: one for each step.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for other `outputs`, or another number of words than of steps.
    """
    _require("outputs", outputs, ("all", "last", "none"))
    if words is not None and len(words) != steps:
        raise ValueError(f"words: expected one for each of {steps} steps, got {len(words)}")
    height = 3.3 if backward else 2.7
    sheet = _Sheet(
        7.2,
        height,
        f"A recurrent network unrolled over {steps} time steps: the state passes from left to right"
        + (", and the gradient of the losses runs back from right to left." if backward else "."),
    )
    row = 1.45
    low = 0.6
    high = 2.3
    left = 2.3 if loop else 0.0
    pitch = min(2.0, (7.0 - left - 0.9) / steps)
    start = left + (7.2 - left - pitch * steps) / 2 + pitch / 2 + 0.1
    gap = 0.09 if backward else 0.0
    if loop:
        cell = sheet.box(0.95, row, WEIGHTS, width=0.85, parts="", size=12)
        x, y = sheet.data(0.95, low, "$x_t$"), sheet.data(0.95, high, "$y_t$")
        sheet.arrow(x.top(), cell.bottom())
        sheet.arrow(cell.top(), y.bottom())
        sheet.arrow(
            cell.right(0.1),
            (1.68, row + 0.1),
            (1.68, row + 0.55),
            (0.22, row + 0.55),
            (0.22, row),
            cell.left(),
            over=True,
        )
        sheet.text(1.75, row - 0.15, "$h_t$")
        sheet.text(2.15, row, "=", size=18)
    before = None
    for t in range(1, steps + 1):
        middle = start + (t - 1) * pitch
        cell = sheet.box(middle, row, WEIGHTS, width=0.85, size=12)
        x = sheet.data(middle, low, f"$x_{{{t}}}$")
        sheet.arrow(x.top(), cell.bottom())
        if words is not None:
            sheet.text(middle, low - 0.4, words[t - 1], size=WORD)
        from_ = before.right(gap) if before else (middle - 0.425 - 0.4, row + gap)
        sheet.arrow(from_, cell.left(gap))
        between = middle - pitch / 2 if before else middle - 1.02
        sheet.text(between, row + (gap + 0.17 if before else gap), f"$h_{{{t - 1}}}$", size=13)
        if backward and before:
            sheet.arrow(cell.left(-gap), before.right(-gap), label="gradient")
        if outputs == "all" or (outputs == "last" and t == steps):
            y = sheet.data(middle, high, f"$y_{{{t}}}$")
            sheet.arrow(cell.top(-gap), y.bottom(-gap))
            if backward:
                loss = sheet.data(middle, high + 0.75, f"$L_{{{t}}}$")
                sheet.arrow(y.top(-gap), loss.bottom(-gap))
                sheet.arrow(loss.bottom(gap), y.top(gap), label="gradient")
                sheet.arrow(y.bottom(gap), cell.top(gap), label="gradient")
        before = cell
    if shapes:
        sheet.shape(start + 0.3, low, BATCH_FEATURES, ha="left")
    return sheet.figure


def _require(name, value, allowed):
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")


SHAPES = (
    # title, example, steps that read, steps that write, all steps
    ("one to one", "a photo → its name", (0,), (0,), 1),
    ("one to many", "a letter → a name", (0,), (0, 1, 2), 3),
    ("many to one", "a review → stars", (0, 1, 2), (2,), 3),
    ("many to many, after reading", "a sentence → its translation", (0, 1, 2), (2, 3, 4), 5),
    ("many to many, step by step", "each word → its tag", (0, 1, 2), (0, 1, 2), 3),
)


def sequence_shapes(*, examples=True, shapes=False):
    """Draw the five shapes of sequence problems: which steps read, and which write.

    Args:
        examples: whether an example stands under each.
        shapes: whether inputs and outputs carry their shapes.

    Returns:
        the figure.
    """
    sheet = _Sheet(
        7.2,
        5.2,
        "The five shapes of sequence problems: one to one, one to many, many to one, "
        "many to many after reading all, many to many step by step.",
    )
    places = ((0.9, 3.55), (2.6, 3.55), (5.1, 3.55), (0.7, 0.95), (5.1, 0.95))
    for (title, example, reads, writes, steps), (left, low) in zip(SHAPES, places, strict=True):
        pitch = 0.75
        before = None
        for t in range(steps):
            cell = sheet.box(left + t * pitch, low + 0.0, "", width=0.42, height=0.42)
            if before:
                sheet.arrow(before.right(), cell.left())
            if t in reads:
                x = sheet.op(cell.x, low - 0.55, "", radius=0.15, label="data", fill=PAPER)
                sheet.arrow(x.top(), cell.bottom())
            if t in writes:
                y = sheet.op(cell.x, low + 0.55, "", radius=0.15, label="data", fill=INK)
                sheet.arrow(cell.top(), y.bottom())
            before = cell
        middle = left + (steps - 1) * pitch / 2
        sheet.text(middle, low + 0.95, title, size=WORD)
        if examples:
            sheet.text(middle, low - 0.85, example, size=SMALL)
    return sheet.figure


MERGES = {"concat": "[ , ]", "sum": "$+$", "mul": "$*$", "ave": "mean"}


def two_directions(steps=3, merge="concat", *, shapes=True):
    """Draw two networks that read the same steps in opposite directions.

    Args:
        steps: the number of time steps.
        merge: how the two states of a step become one: "concat", "sum", "mul" or "ave", Keras's names.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for another `merge`.
    """
    _require("merge", merge, tuple(MERGES))
    sheet = _Sheet(
        7.2,
        4.5,
        f"Two directions over {steps} time steps: one network reads forward, one backward; "
        f"their states at each step are merged ({merge}).",
    )
    low, forth, back, high = 0.45, 1.4, 2.4, 3.35
    pitch = 5.4 / steps
    cells = []
    for t in range(1, steps + 1):
        middle = 1.5 + (t - 0.5) * pitch
        x = sheet.data(middle, low, f"$x_{{{t}}}$")
        ahead = sheet.box(middle - 0.4, forth, r"$\rightarrow$", width=0.56, height=0.56)
        behind = sheet.box(middle + 0.4, back, r"$\leftarrow$", width=0.56, height=0.56)
        both = sheet.op(middle, high, MERGES[merge], size=WORD, radius=0.24)
        y = sheet.data(middle, high + 0.75, f"$y_{{{t}}}$")
        cells.append((x, ahead, behind, both, y))
    for (_, ahead, behind, *_), (_, next_ahead, next_behind, *_) in zip(
        cells, cells[1:], strict=False
    ):
        sheet.arrow(ahead.right(), next_ahead.left())
        sheet.arrow(next_behind.left(), behind.right())
    for x, ahead, behind, both, y in cells:
        sheet.arrow(x.left(), (ahead.x, low), ahead.bottom())
        sheet.arrow(x.right(), (behind.x, low), behind.bottom(), over=True)
        sheet.arrow(ahead.top(), (ahead.x, high), both.left(), over=True)
        sheet.arrow(behind.top(), (behind.x, high), both.right())
        sheet.arrow(both.top(), y.bottom())
    sheet.text(0.1, forth, "forward", size=WORD, ha="left")
    sheet.text(0.1, back, "backward", size=WORD, ha="left")
    if shapes:
        sheet.shape(0.1, low, BATCH_FEATURES, ha="left")
        sheet.shape(0.1, forth - 0.25, BATCH_UNITS, ha="left")
        sheet.shape(0.1, back - 0.25, BATCH_UNITS, ha="left")
        sheet.shape(
            0.1, high + 0.75, "(batch, 2 units)" if merge == "concat" else BATCH_UNITS, ha="left"
        )
    return sheet.figure


def stack(layers=2, steps=3, *, shapes=True):
    """Draw layers on top of each other: the states of one are the inputs of the next.

    Args:
        layers: the number of layers.
        steps: the number of time steps.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.
    """
    sheet = _Sheet(
        7.2, 1.5 + layers * 1.1, f"A stack of {layers} recurrent layers over {steps} time steps."
    )
    pitch = min(1.7, 4.4 / steps)
    for t in range(1, steps + 1):
        middle = 1.2 + (t - 0.5) * pitch
        below = sheet.data(middle, 0.4, f"$x_{{{t}}}$")
        for layer in range(1, layers + 1):
            level = 0.3 + layer * 1.1
            cell = sheet.box(middle, level, rf"$h_{{{t}}}^{{({layer})}}$", width=0.75)
            sheet.arrow(below.top(), cell.bottom())
            if t < steps:
                sheet.arrow(cell.right(), (middle + pitch - 0.375, level))
            below = cell
        y = sheet.data(middle, layers * 1.1 + 1.15, f"$y_{{{t}}}$")
        sheet.arrow(below.top(), y.bottom())
    for layer in range(1, layers + 1):
        sheet.text(0.1, 0.3 + layer * 1.1, f"layer {layer}", size=WORD, ha="left")
    if shapes:
        sheet.shape(5.75, 0.4, "(batch, time,\nfeatures)", ha="left")
        for layer in range(1, layers + 1):
            sheet.shape(5.75, 0.3 + layer * 1.1, "(batch, time,\nunits)", ha="left")
    return sheet.figure


def truncation(steps=8, block=4):
    """Draw truncated backpropagation: the state passes the border of a block, the gradient stops there.

    Args:
        steps: the number of time steps.
        block: the number of steps in a block.

    Returns:
        the figure.
    """
    sheet = _Sheet(
        7.2,
        2.6,
        f"{steps} time steps in blocks of {block}: states pass from block to block, "
        "gradients stop at each border.",
    )
    pitch = 6.6 / steps
    row = 1.3
    size = min(0.5, 0.55 * pitch)
    before = None
    for t in range(1, steps + 1):
        middle = 0.3 + (t - 0.5) * pitch
        cell = sheet.box(middle, row, f"$h_{{{t}}}$", width=size, height=size, size=12)
        sheet.arrow((middle, row - 0.7), cell.bottom())
        sheet.text(middle, row - 0.85, f"$x_{{{t}}}$", size=12)
        if before:
            sheet.arrow(before.right(0.1), cell.left(0.1))
            if (t - 1) % block:
                sheet.arrow(cell.left(-0.1), before.right(-0.1), label="gradient")
            else:
                border = middle - pitch / 2
                sheet.axes.plot((border, border), (row - 0.6, row + 0.1), color=ACCENT, lw=2.5)
        before = cell
    for first in range(0, steps, block):
        last = min(first + block, steps)
        sheet.text(
            0.3 + (first + last) / 2 * pitch, row + 0.8, f"block {first // block + 1}", size=WORD
        )
    return sheet.figure


def stateful_batches(rows=3, batches=3, length=3):
    """Draw stateful batches: row i of a batch goes on where row i of the batch before stopped.

    Args:
        rows: sequences read side by side, the batch size.
        batches: batches one after another.
        length: time steps of a batch.

    Returns:
        the figure.
    """
    sheet = _Sheet(
        7.2,
        1.1 + 0.55 * rows,
        f"{batches} batches of {rows} rows: the last state of each row is the first "
        "state of the same row in the next batch.",
    )
    pitch = 6.9 / batches
    cell = min(0.42, 0.75 * pitch / length)
    for batch in range(batches):
        left = 0.2 + batch * pitch
        sheet.text(left + cell * length / 2, 0.55 * rows + 0.75, f"batch {batch + 1}", size=WORD)
        for row in range(rows):
            y = 0.55 * (rows - row)
            for step in range(length):
                sheet.square(
                    left + (step + 0.5) * cell,
                    y,
                    cell,
                    "abcdefgh"[row] + f"$_{{{batch * length + step + 1}}}$",
                )
            if batch + 1 < batches:
                sheet.arrow((left + cell * length, y), (left + pitch, y))
    return sheet.figure


def padding_mask(lengths=(5, 3, 2)):
    """Draw a batch of sequences of several lengths: their padding, the mask, and the state carried over it.

    Args:
        lengths: the real steps of each sequence.

    Returns:
        the figure.
    """
    steps, rows = max(lengths), len(lengths)
    sheet = _Sheet(
        7.2,
        1.2 + 0.55 * rows,
        "Sequences of several lengths, filled up to the longest: the mask is 0 "
        "on the padding, and there the state is carried on unchanged.",
    )
    cell = min(0.42, 2.1 / steps)
    panels = {"input": 0.2, "mask": 2.55, "state": 4.9}
    for title, left in panels.items():
        sheet.text(left + cell * steps / 2, 0.55 * rows + 0.8, title, size=WORD)
        for row, real in enumerate(lengths):
            for step in range(1, steps + 1):
                here = step <= real
                text = {
                    "input": f"$x_{{{step}}}$" if here else "$0$",
                    "mask": "$1$" if here else "$0$",
                    "state": f"$h_{{{min(step, real)}}}$",
                }[title]
                sheet.square(
                    left + (step - 0.5) * cell, 0.55 * (rows - row), cell, text, padding=not here
                )
    return sheet.figure
