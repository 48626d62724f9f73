"""The machines of the course, drawn: every function returns one matplotlib figure.

All are made of a few signs, which `_Sheet` draws. A **box** is a layer with weights. A **circle** has none
and works entry by entry, or holds an array that comes from outside. An **arrow** carries an array, a
**dot** copies it, and a **join** puts two side by side. A **shape** says how large an array is.

One unit of a sheet is one inch, so that letters and boxes keep their sizes from figure to figure. Nothing
is told by colour alone: what is highlighted is darker and thicker, gradients are dashed, padding is
hatched. The paper is opaque white, so that a dark page shows the same picture.

A figure's label (`figure.get_label()`) describes it in one sentence, for readers who cannot see it.
"""

from itertools import pairwise, product
from typing import NamedTuple

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke


def _tint(colour, strength):
    """Mix a colour with white: 1 is the colour itself, 0 is white."""
    return tuple(1 - strength * (1 - part) for part in to_rgb(colour))


INK, WARM, _, GREY, ACCENT = COLOURS
PAPER = "white"
FAINT = _tint(GREY, 0.6)  # the edge of a ground, which nobody has to read
PALE = "0.42"  # what is not highlighted, and still to be read: 4.9 to 1 on the grey ground
RAIL = "0.4"
GROUND = _tint(GREY, 0.1)
LAYER = _tint(INK, 0.14)
LIT = _tint(WARM, 0.4)

WIDTH = 7.2  # inches; at 100 dots an inch about the 700 pixels that a notebook shows
SYMBOL, WORD, SMALL = 15, 11, 9.5  # points
CORNER = 0.1
GAP = 0.1  # between an arrow and the gradient's arrow beside it

FEATURES, UNITS = "(batch, features)", "(batch, units)"


class _Node(NamedTuple):
    """Something with a border, on which arrows begin and end; x and y are its middle."""

    x: float
    y: float
    width: float
    height: float
    is_circle: bool = False

    def _reach(self, half, shift):
        """How far from the middle the border is, beside the middle by the shift."""
        return (half**2 - shift**2) ** 0.5 if self.is_circle else half

    def left(self, shift=0.0):
        return self.x - self._reach(self.width / 2, shift), self.y + shift

    def right(self, shift=0.0):
        return self.x + self._reach(self.width / 2, shift), self.y + shift

    def top(self, shift=0.0):
        return self.x + shift, self.y + self._reach(self.height / 2, shift)

    def bottom(self, shift=0.0):
        return self.x + shift, self.y - self._reach(self.height / 2, shift)


class _Sheet:
    """White paper, and the few signs that are drawn on it.

    Every sign may belong to `parts`, names with a space between. With a `highlight`, the signs of that part
    are dark and thick, and all others pale, or as they are without a highlight where `others` is "dark";
    those of the part "rail" are grey and thick instead, so that the eye finds them again. The label of a
    drawn patch says which sign it is.
    """

    def __init__(self, height, description, *, highlight=None, parts=(), others="pale"):
        if highlight is not None and highlight not in parts:
            names = ", ".join(map(repr, parts))
            raise ValueError(f"highlight must be one of {names}, or None, got {highlight!r}")
        self.highlight = highlight
        self.others = others
        self.ground = PAPER
        self.figure = plt.figure(figsize=(WIDTH, height), facecolor=PAPER)
        self.figure.set_label(description)
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, height))
        self.axes.set_axis_off()
        self._add(Rectangle((0, 0), WIDTH, height, fc=PAPER, lw=0, zorder=-1, label="paper"))

    def _add(self, patch):
        self.axes.add_patch(patch)

    def _style(self, parts):
        """(colour, line width, colour of a layer, of a circle, height in the pile)"""
        if self.highlight is None:
            return INK, 1.6, LAYER, PAPER, 3
        if self.highlight in parts.split():
            return ACCENT, 2.4, LIT, LIT, 6
        if "rail" in parts.split():
            return RAIL, 2.2, PAPER, PAPER, 4
        if self.others == "dark":
            return INK, 1.6, LAYER, PAPER, 3
        return PALE, 1.0, PAPER, PAPER, 3

    def text(self, x, y, text, *, parts="", size=SYMBOL, colour=None, halo=False, **place):
        """A text, centred unless `place` says otherwise; a halo keeps it off what is behind it."""
        ink, *_, pile = self._style(parts)
        self.axes.text(
            x,
            y,
            text,
            size=size,
            color=colour or ink,
            zorder=pile + 3,
            family="DejaVu Sans",
            math_fontfamily="stix",
            linespacing=1.3,
            path_effects=[withStroke(linewidth=3, foreground=PAPER)] if halo else None,
            **({"ha": "center", "va": "center"} | place),
        )

    def word(self, x, y, text, **place):
        self.text(x, y, text, size=WORD, va="center_baseline", **place)

    def shape(self, x, y, text, **place):
        self.text(x, y, text, size=SMALL, va="center_baseline", **place)

    def _rectangle(self, node, *, rounding=CORNER, **style):
        (left, _), (_, bottom) = node.left(), node.bottom()
        round_ = f"round,pad=0,rounding_size={rounding}"
        self._add(FancyBboxPatch((left, bottom), node.width, node.height, boxstyle=round_, **style))

    def box(self, x, y, text, *, weights="", width=0.84, height=0.62, parts="", size=SYMBOL):
        """A layer: what it does and, in a second line, the weights it does it with."""
        colour, line, fill, _, pile = self._style(parts)
        node = _Node(x, y, width, height)
        self._rectangle(node, fc=fill, ec=colour, lw=line, zorder=pile + 2, label="box")
        self.text(x, y + (0.15 if weights else 0), text, parts=parts, size=size)
        if weights:
            self.text(x, y - 0.16, weights, parts=parts, size=12)
        return node

    def op(self, x, y, text, *, parts="", radius=0.19, size=SYMBOL, label="op", fill=None):
        """A circle: works entry by entry and has no weights."""
        colour, line, _, lit, pile = self._style(parts)
        circle = Circle(
            (x, y), radius, fc=fill or lit, ec=colour, lw=line, zorder=pile + 2, label=label
        )
        self._add(circle)
        self.text(x, y, text, parts=parts, size=18 if text == "$*$" else size)
        return _Node(x, y, 2 * radius, 2 * radius, is_circle=True)

    def tanh(self, x, y, *, parts=""):
        return self.op(x, y, r"$\tanh$", parts=parts, radius=0.3, size=12)

    def data(self, x, y, text, *, radius=0.24, fill=None):
        """An array that comes from outside or goes there."""
        return self.op(x, y, text, radius=radius, size=13, label="data", fill=fill)

    def square(self, x, y, side, text, *, padding=False, label=None):
        """One entry of an array; padding is hatched, and its edge is under its neighbours'."""
        style = {"fc": LAYER, "ec": INK, "zorder": 5, "label": label or "entry"}
        if padding:
            style |= {"fc": PAPER, "ec": _tint(GREY, 0.75), "hatch": "///", "zorder": 4}
            style["label"] = label or "padding"
        self._add(Rectangle((x - side / 2, y - side / 2), side, side, lw=1.2, **style))
        self.text(x, y, text, size=12)

    def arrow(self, *points, parts="", label="arrow", over=False):
        """An arrow along the points, with round corners.

        Args:
            label: "arrow", "gradient", which is dashed, or "line", which has no head.
            over: whether it passes over another line, with a gap in that.
        """
        colour, width, *_, pile = self._style(parts)
        gradient = label.startswith("gradient")
        style = {
            "color": ACCENT if gradient else colour,
            "lw": width,
            "zorder": pile + (1.5 if over else 1),
            "label": label,
        }
        if over:
            self._stroke(
                points, **(style | {"color": self.ground, "lw": width + 6, "label": "gap"})
            )
        if gradient:  # dashed up to its head, which is solid
            neck = _towards(points[-1], points[-2], 0.11)
            dashes = {"label": "gradient line", "linestyle": (0, (2.4, 1.3))}
            self._stroke((*points[:-1], neck), **(style | dashes))
            points = (neck, points[-1])
        if not label.endswith("line"):
            self._stroke(points, head="-|>,head_length=0.42,head_width=0.21", **style)
        elif not gradient:
            self._stroke(points, **style)

    def _stroke(self, points, *, head="-", **style):
        self._add(
            FancyArrowPatch(
                path=_rounded(points),
                arrowstyle=head,
                mutation_scale=16,
                shrinkA=0,
                shrinkB=0,
                joinstyle="miter",
                capstyle="butt",
                **style,
            )
        )

    def gap(self, *points, parts=""):
        """A piece of the ground along the points, under the line that crosses another there."""
        _, width, *_, pile = self._style(parts)
        self._stroke(points, color=self.ground, lw=width + 6, zorder=pile + 1, label="gap")

    def line(self, *points, parts="", over=False):
        self.arrow(*points, parts=parts, label="line", over=over)

    def dot(self, x, y, *, parts=""):
        """Where an array is copied."""
        colour, *_, pile = self._style(parts)
        self._add(Circle((x, y), 0.055, color=colour, zorder=pile + 2, label="dot"))

    def frame(self, left, bottom, right, top):
        """A grey ground for what belongs together."""
        self.ground = GROUND
        node = _Node((left + right) / 2, (bottom + top) / 2, right - left, top - bottom)
        self._rectangle(node, rounding=0.2, fc=GROUND, ec=FAINT, lw=1, zorder=0, label="frame")

    def key(self, y, *signs):
        """What the signs mean, in one line of (sign, words)."""
        reach = {"box": 0.34, "circle": 0.2, "full circle": 0.2, "stop": 0.08}
        widths = [reach.get(sign, 0.4) + 0.12 + 0.073 * len(words) for sign, words in signs]
        x = (WIDTH - sum(widths) - 0.35 * (len(signs) - 1)) / 2
        for (sign, words), width in zip(signs, widths, strict=True):
            self._sample(sign, _Node(x + reach.get(sign, 0.4) / 2, y, reach.get(sign, 0.4), 0.2))
            self.shape(x + reach.get(sign, 0.4) + 0.12, y + 0.015, words, ha="left")
            x += width + 0.35

    def _sample(self, sign, node):
        """One sign of the key, as large as the node."""
        (left, y), (right, _) = node.left(), node.right()
        style = {"ec": INK, "lw": 1.3, "label": "key"}
        if sign == "box":
            self._rectangle(node, rounding=0.05, fc=LAYER, **style)
        elif sign.endswith("circle"):
            fill = INK if sign == "full circle" else PAPER
            self._add(Circle((node.x, y), node.width / 2, fc=fill, **style))
        elif sign in ("entry", "padding"):
            self.square(node.x, y, 0.24, "", padding=sign == "padding", label="key")
        elif sign == "stop":
            self.stop(node.x, y, 0.12)
        elif sign in ("arrow", "gradient"):
            self.arrow((left, y), (right, y), label=f"{sign} key")
        else:
            self.line((left, y), (right, y))
            if sign == "dot":
                self.dot(node.x, y)
            elif sign == "join":
                self.line((node.x - 0.05, y - 0.14), (node.x - 0.05, y), (right, y))

    def stop(self, x, y, reach):
        """A wall that no gradient passes."""
        self.axes.plot((x, x), (y - reach, y + reach), color=ACCENT, lw=3, zorder=6, label="stop")

    def meaning(self, y, equations):
        """The equation of the highlighted part; without a highlight, the key."""
        if self.highlight:
            self.text(WIDTH / 2, y, equations[self.highlight], parts=self.highlight, size=15)
            return
        signs = [("box", "has weights"), ("circle", "entry by entry")]
        if any(patch.get_label() == "dot" for patch in self.axes.patches):
            signs += [("dot", "copy"), ("join", "side by side")]
        self.key(y, *signs)


def _rounded(points):
    """The path through the points, with round corners."""
    vertices, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        vertices += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*vertices, points[-1]], [*codes, Path.LINETO])


def _towards(start, end, length=CORNER):
    """The point so far from the start on the way to the end, at most half of it."""
    (x0, y0), (x1, y1) = start, end
    share = min(0.5, length / ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)


def _require(name, value, allowed):
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")


def _require_counts(**counts):
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} must be at least 1, got {count!r}")


# --- one step of a cell -------------------------------------------------------------------------------

SIMPLE = {
    "W": r"$x_t\, W$",
    "U": r"$h_{t-1}\, U$",
    "b": r"$x_t W + h_{t-1} U + b$",
    "tanh": r"$\tanh\,(x_t W + h_{t-1} U + b)$",
    "h": r"$h_t = \tanh\,(x_t W + h_{t-1} U + b)$",
}


def simple_cell(highlight=None, *, shapes=True):
    """Draw one step of the simple cell, h_t = tanh(x_t W + h_{t-1} U + b).

    Args:
        highlight: the part in colour, "W", "U", "b", "tanh" or "h"; None draws all of it dark.
        shapes: whether arrays and weights carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for another `highlight`.
    """
    sheet = _Sheet(
        3.9,
        "One step of the simple cell: x_t times W, h_{t-1} times U and b are added; tanh of the sum "
        "is h_t.",
        highlight=highlight,
        parts=tuple(SIMPLE),
    )
    high, middle, low = 3.15, 2.15, 0.95
    sheet.frame(1.3, 0.5, 5.9, 3.65)
    u = sheet.box(2.15, middle, "$U$", parts="U h")
    w = sheet.box(2.15, low, "$W$", parts="W h")
    b = sheet.box(3.85, high, "$b$", parts="b h", width=0.62, height=0.5)
    plus = sheet.op(3.85, middle, "$+$", parts="b h")
    tanh = sheet.tanh(5.0, middle, parts="tanh h")
    sheet.arrow((1.0, middle), u.left(), parts="U h")
    sheet.arrow((1.0, low), w.left(), parts="W h")
    sheet.arrow(u.right(), plus.left(), parts="U b h")
    sheet.arrow(w.right(), (plus.x, low), plus.bottom(), parts="W b h")
    sheet.arrow(b.bottom(), plus.top(), parts="b h")
    sheet.arrow(plus.right(), tanh.left(), parts="b tanh h")
    sheet.arrow(tanh.right(), (6.25, middle), parts="tanh h")
    sheet.text(0.68, middle, "$h_{t-1}$", parts="U h")
    sheet.text(0.68, low, "$x_t$", parts="W h")
    sheet.text(6.5, middle, "$h_t$", parts="tanh h")
    if shapes:
        sheet.shape(0.64, middle - 0.3, UNITS, parts="U h")
        sheet.shape(0.64, low - 0.3, FEATURES, parts="W h")
        sheet.shape(u.x, middle + 0.45, "(units, units)", parts="U h")
        sheet.shape(w.x, low + 0.45, "(features, units)", parts="W h")
        sheet.shape(b.x + 0.42, high, "(units,)", parts="b h", ha="left")
        sheet.shape(3.1, middle + 0.14, UNITS, parts="U b h")
        sheet.shape(3.1, low + 0.14, UNITS, parts="W b h")
        sheet.shape(6.54, middle - 0.3, UNITS, parts="tanh h")
    sheet.meaning(0.22, SIMPLE)
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
    """Draw one step of the LSTM, with the gates f, i and o and the candidate ĉ.

        c_t = f_t * c_{t-1} + i_t * ĉ_t,    h_t = o_t * tanh(c_t)

    Args:
        highlight: the equation in colour, "f", "i", "candidate", "o", "c" or "h"; None draws all dark.
            The memory, from c_{t-1} to c_t, is then grey, and all else pale.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for another `highlight`.
    """
    sheet = _Sheet(
        5.1,
        "One step of the LSTM: the cell state runs along the top, is multiplied by the forget gate, and "
        "gains the input gate times the candidate; the output gate times its tanh is the hidden state.",
        highlight=highlight,
        parts=tuple(LSTM),
    )
    gates = "f i candidate o"
    memory, write_y, show_y, row, bus, low = 4.4, 3.6, 3.0, 2.35, 1.5, 0.72
    sheet.frame(1.3, 1.12, 5.95, 4.85)
    layers = _lstm_boxes(sheet, LSTM_COLUMNS, row, 0.72)
    f, i, candidate, o = layers.values()
    keep = sheet.op(f.x, memory, "$*$", parts="c rail")
    write = sheet.op(candidate.x, write_y, "$*$", parts="c")
    plus = sheet.op(candidate.x, memory, "$+$", parts="c rail")
    tanh = sheet.tanh(5.5, 3.75, parts="h")
    show = sheet.op(tanh.x, show_y, "$*$", parts="h")

    # the memory, from left to right
    sheet.arrow((1.0, memory), keep.left(), parts="c rail")
    sheet.arrow(keep.right(), plus.left(), parts="c rail")
    sheet.line(plus.right(), (tanh.x, memory), parts="c h rail")
    sheet.dot(tanh.x, memory, parts="c h rail")
    sheet.arrow((tanh.x, memory), (6.25, memory), parts="c rail")
    sheet.arrow(f.top(), keep.bottom(), parts="f c")
    sheet.arrow(i.top(), (i.x, write_y), write.left(), parts="i c")
    sheet.arrow(candidate.top(), write.bottom(), parts="candidate c")
    sheet.arrow(write.top(), plus.bottom(), parts="c")
    # what is shown of it
    sheet.arrow((tanh.x, memory), tanh.top(), parts="h")
    sheet.arrow(tanh.bottom(), show.top(), parts="h")
    sheet.arrow(o.top(), (o.x, show_y), show.left(), parts="o h")
    sheet.arrow(show.bottom(), (show.x, bus), (6.25, bus), parts="h")
    # x_t and h_{t-1}, side by side, to every gate
    sheet.line((1.0, bus), (f.x, bus), parts=gates)
    sheet.line((1.6, low + 0.2), (1.6, bus), (f.x, bus), parts=gates)
    for (part, layer), (_, after) in pairwise(layers.items()):
        others = gates[gates.index(part) + len(part) :]
        sheet.dot(layer.x, bus, parts=f"{part} {others}")
        sheet.arrow((layer.x, bus), layer.bottom(), parts=part)
        if after is o:
            sheet.arrow((layer.x, bus), (o.x, bus), o.bottom(), parts="o")
        else:
            sheet.line((layer.x, bus), (after.x, bus), parts=others)

    sheet.text(0.68, memory, "$c_{t-1}$", parts="c rail")
    sheet.text(0.68, bus, "$h_{t-1}$", parts=gates)
    sheet.text(1.6, low, "$x_t$", parts=gates)
    sheet.text(6.5, memory, "$c_t$", parts="c h rail")
    sheet.text(6.5, bus, "$h_t$", parts="h")
    sheet.text(f.x + 0.2, write_y, "$f_t$", parts="f c")
    sheet.text(i.x + 0.2, 3.15, "$i_t$", parts="i c")
    sheet.text(candidate.x + 0.22, 3.15, r"$\hat{c}_t$", parts="candidate c")
    sheet.text(o.x + 0.1, show_y + 0.2, "$o_t$", parts="o h")
    if shapes:
        sheet.shape(0.64, memory - 0.3, UNITS, parts="c")
        sheet.shape(0.64, bus - 0.3, UNITS, parts=gates)
        sheet.shape(1.85, low, FEATURES, parts=gates, ha="left")
        sheet.shape(6.56, memory - 0.3, UNITS, parts="c h")
        sheet.shape(6.56, bus - 0.3, UNITS, parts="h")
    sheet.meaning(0.27, LSTM)
    return sheet.figure


LSTM_COLUMNS = {"f": 1.98, "i": 2.93, "candidate": 3.88, "o": 4.83}


def _lstm_boxes(sheet, parts, row, height, *, recurrent=True):
    """The boxes of these gates and of the candidate, side by side, with their weights in them."""
    return {
        part: sheet.box(
            LSTM_COLUMNS[part],
            row,
            r"$\tanh$" if part == "candidate" else r"$\sigma$",
            weights=rf"$W_{part[0]}\,{f'U_{part[0]}' if recurrent else ''}\,b_{part[0]}$",
            height=height,
            parts=part,
        )
        for part in parts
    }


LSTM_BUILT = {
    "candidate": r"$c_t = c_{t-1} + \hat{c}_t$",
    "i": r"$c_t = c_{t-1} + i_t * \hat{c}_t$",
    "f": r"$c_t = f_t * c_{t-1} + i_t * \hat{c}_t$",
    "o": r"$h_t = o_t * \tanh\,(c_t)$",
    "h": r"$x_t W + h_{t-1} U + b$  in every box",
}


def lstm_built(newest, *, keys=None, sums=None):
    """Draw the LSTM as it grows, part by part: a memory that is added to, its three gates, and feedback.

    The parts come in the order "candidate", "i", "f", "o", "h". What came before the newest is dark, what
    comes later is not there yet; the memory is grey. Up to "o" boxes hear x_t alone, with "h" also h_{t-1}.

    Args:
        newest: the part in colour, one of those.
        keys: name of a gate, "i", "f" or "o", to a word at its multiplication; for gates that are there.
        sums: part to a word under its box, for example what it adds up in a network written by hand.

    Returns:
        the figure.

    Raises:
        ValueError: for another `newest`.
    """
    stages = tuple(LSTM_BUILT)
    sheet = _Sheet(
        4.6,
        "One step of the LSTM, as far as it is built: the memory runs along the top and gains the "
        f"candidate; the newest part is {newest}.",
        highlight=newest,
        parts=stages,
        others="dark",
    )
    there = stages[: stages.index(newest) + 1]
    memory, write_y, show_y, row, bus, low = 3.95, 3.2, 2.6, 2.0, 1.2, 0.66
    sheet.frame(1.3, 0.86, 6.02, 4.4)
    boxes = _lstm_boxes(
        sheet, [part for part in LSTM_COLUMNS if part in there], row, 0.66, recurrent="h" in there
    )
    gate_at = {"i": (3.88, write_y), "f": (1.98, memory), "o": (5.5, show_y)}
    gates = {g: sheet.op(*at, "$*$", parts=g) for g, at in gate_at.items() if g in there}
    candidate, plus = boxes["candidate"], sheet.op(3.88, memory, "$+$", parts="candidate rail")

    # the memory, from left to right
    if "f" in there:
        sheet.arrow((1.0, memory), gates["f"].left(), parts="rail")
        sheet.arrow(boxes["f"].top(), gates["f"].bottom(), parts="f")
    sheet.arrow(gates["f"].right() if "f" in there else (1.0, memory), plus.left(), parts="rail")
    sheet.arrow(plus.right(), (6.25, memory), parts="rail")
    # what is written into it
    if "i" in there:
        sheet.arrow(candidate.top(), gates["i"].bottom(), parts="candidate")
        sheet.arrow(boxes["i"].top(), (LSTM_COLUMNS["i"], write_y), gates["i"].left(), parts="i")
        sheet.arrow(gates["i"].top(), plus.bottom(), parts="i")
    else:
        sheet.arrow(candidate.top(), plus.bottom(), parts="candidate")
    # what is shown of it
    if "o" in there:
        sheet.dot(5.5, memory, parts="o")
        tanh = sheet.tanh(5.5, (memory + show_y) / 2 + 0.03, parts="o")
        sheet.arrow((5.5, memory), tanh.top(), parts="o")
        sheet.arrow(tanh.bottom(), gates["o"].top(), parts="o")
        sheet.arrow(boxes["o"].top(), (LSTM_COLUMNS["o"], show_y), gates["o"].left(), parts="o")
        sheet.arrow(gates["o"].bottom(), (5.5, bus), (6.25, bus), parts="o")
        sheet.text(6.5, bus, "$h_t$", parts="o")
        sheet.shape(6.56, bus - 0.28, UNITS, parts="o")
    # x_t, and at last h_{t-1} beside it, to every box
    end = max(box.x for box in boxes.values())
    sheet.line((1.6, low + 0.2), (1.6, bus), (end, bus))
    for part, box in boxes.items():
        sheet.arrow((box.x, bus), box.bottom(), parts=part)
        sheet.dot(box.x, bus, parts=part)
    if "h" in there:
        sheet.line((1.0, bus), (end, bus), parts="h")
        sheet.text(0.68, bus, "$h_{t-1}$", parts="h")
        sheet.shape(0.64, bus - 0.28, UNITS, parts="h")

    sheet.text(0.68, memory, "$c_{t-1}$", parts="rail")
    sheet.text(6.5, memory, "$c_t$", parts="rail")
    sheet.shape(0.64, memory - 0.28, UNITS, parts="rail")
    sheet.shape(6.56, memory - 0.28, UNITS, parts="rail")
    sheet.text(1.6, low, "$x_t$")
    sheet.shape(1.85, low, FEATURES, ha="left")
    signs = {
        "candidate": (4.1, 2.62, r"$\hat{c}_t$"),
        "i": (2.75, 2.8, "$i_t$"),
        "f": (2.18, write_y, "$f_t$"),
        "o": (4.93, show_y + 0.2, "$o_t$"),
    }
    for part, (x, y, sign) in signs.items():
        if part in there:
            sheet.text(x, y, sign, parts=part)
    places = {"i": (4.3, write_y), "f": (1.66, memory + 0.24), "o": (5.82, show_y - 0.2)}
    for part, word in (keys or {}).items():
        if part in there:
            x, y = places[part]
            sheet.text(x, y, word, size=WORD, weight="bold", parts=part)
    for part, word in (sums or {}).items():
        sheet.text(LSTM_COLUMNS[part] + 0.08, bus - 0.18, word, size=9, parts=part)
    sheet.meaning(0.22, LSTM_BUILT)
    return sheet.figure


GRU_RESET_BEFORE = {
    "z": r"$z_t = \sigma(x_t W_z + h_{t-1} U_z + b_z)$",
    "r": r"$r_t = \sigma(x_t W_r + h_{t-1} U_r + b_r)$",
    "candidate": r"$\hat{h}_t = \tanh\,(x_t W_h + b_h + (r_t * h_{t-1})\, U_h)$",
    "h": r"$h_t = z_t * h_{t-1} + (1 - z_t) * \hat{h}_t$",
}
GRU_RESET_AFTER = {
    "z": r"$z_t = \sigma(x_t W_z + b_z + h_{t-1} U_z + c_z)$",
    "r": r"$r_t = \sigma(x_t W_r + b_r + h_{t-1} U_r + c_r)$",
    "candidate": r"$\hat{h}_t = \tanh\,(x_t W_h + b_h + r_t * (h_{t-1} U_h + c_h))$",
    "h": GRU_RESET_BEFORE["h"],
}


def gru_cell(*, reset_after=True, highlight=None, shapes=True):
    """Draw one step of the GRU, in which z = 1 keeps the past.

        h_t = z_t * h_{t-1} + (1 - z_t) * ĥ_t

    Args:
        reset_after: whether r multiplies h_{t-1} U_h + c_h, as in Keras, or h_{t-1} (Cho et al., 2014).
        highlight: the equation in colour, "z", "r", "candidate" or "h"; None draws all dark.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for another `highlight`.
    """
    equations = GRU_RESET_AFTER if reset_after else GRU_RESET_BEFORE
    sheet = _Sheet(
        5.0,
        "One step of the GRU: the update gate z mixes the old state and the candidate; the reset gate r "
        f"multiplies the old state {'after' if reset_after else 'before'} the matrix U_h.",
        highlight=highlight,
        parts=tuple(equations),
    )
    reads, everyone = "z r candidate", "z r candidate h"
    memory, bus, gates, row, low = 4.3, 3.72, 2.95, 1.75, 0.95
    sheet.frame(1.3, 0.52, 6.15, 4.7)
    c = r"\,c" if reset_after else ""
    reset_x, u_x = (3.13, 2.38) if reset_after else (2.24, 3.08)
    gate_x = {"r": max(reset_x, 2.5), "z": 4.25}
    r, z = (
        sheet.box(
            x,
            gates,
            r"$\sigma$",
            weights=rf"$W_{name}\,U_{name}\,b_{name}{c and c + '_' + name}$",
            width=0.98 if reset_after else 0.84,
            height=0.72,
            parts=name,
        )
        for name, x in gate_x.items()
    )
    layer = {"width": 0.76, "height": 0.5, "parts": "candidate"}
    u = sheet.box(u_x, row, r"$U_h\,c_h$" if reset_after else "$U_h$", **layer)
    w = sheet.box(3.93, low, r"$W_h\,b_h$", **layer)
    reset = sheet.op(reset_x, row, "$*$", parts="candidate")
    plus = sheet.op(w.x, row, "$+$", parts="candidate")
    tanh = sheet.tanh(4.6, row, parts="candidate")
    keep = sheet.op(4.92, memory, "$*$", parts="h")
    rest = sheet.op(5.42, gates, "$1-$", parts="h", radius=0.23, size=13)
    take = sheet.op(rest.x, row, "$*$", parts="h")
    add = sheet.op(5.86, memory, "$+$", parts="h")
    first, second = (u, reset) if reset_after else (reset, u)
    h_x, x_x = 1.5, 1.75

    # the old state, from left to right
    sheet.line((1.0, memory), (h_x, memory), parts=everyone)
    sheet.dot(h_x, memory, parts=everyone)
    sheet.arrow((h_x, memory), keep.left(), parts="h")
    sheet.arrow(keep.right(), add.left(), parts="h")
    sheet.arrow(add.right(), (6.4, memory), parts="h")
    # x_t and h_{t-1}, side by side, to both gates
    sheet.line((h_x, memory), (h_x, bus), parts=reads)
    sheet.dot(h_x, bus, parts=reads)
    sheet.line((1.0, low), (x_x, low), parts=reads)
    sheet.dot(x_x, low, parts=reads)
    sheet.line((h_x, bus), (r.x, bus), parts="z r")
    sheet.dot(r.x, bus, parts="z r")
    sheet.arrow((r.x, bus), r.top(), parts="r")
    sheet.arrow((r.x, bus), (z.x, bus), z.top(), parts="z")
    # the candidate
    sheet.arrow((h_x, bus), (h_x, row), first.left(), parts="candidate")
    sheet.arrow((x_x, low), w.left(), parts="candidate")
    sheet.gap((x_x, row - 0.12), (x_x, row + 0.12), parts="z r")
    sheet.line((x_x, low), (x_x, bus), (x_x + 0.2, bus), parts="z r")
    sheet.arrow(r.bottom(reset_x - r.x), reset.top(), parts="r candidate")
    sheet.arrow(first.right(), second.left(), parts="candidate")
    sheet.arrow(second.right(), plus.left(), parts="candidate")
    sheet.arrow(w.top(), plus.bottom(), parts="candidate")
    sheet.arrow(plus.right(), tanh.left(), parts="candidate")
    sheet.arrow(tanh.right(), take.left(), parts="candidate h")
    # the mixture
    sheet.arrow(z.right(), rest.left(), parts="z h")
    sheet.dot(keep.x, gates, parts="z h")
    sheet.arrow((keep.x, gates), keep.bottom(), parts="z h")
    sheet.arrow(rest.bottom(), take.top(), parts="h")
    sheet.arrow(take.right(), (add.x, row), add.bottom(), parts="h")

    sheet.text(0.68, memory, "$h_{t-1}$", parts=everyone)
    sheet.text(0.68, low, "$x_t$", parts=reads)
    sheet.text(6.68, memory, "$h_t$", parts="h")
    sheet.text(reset_x + 0.2, 2.28, "$r_t$", parts="r candidate")
    sheet.text(keep.x + 0.2, 3.5, "$z_t$", parts="z h")
    sheet.text(5.06, row + 0.27, r"$\hat{h}_t$", parts="candidate h")
    if shapes:
        sheet.shape(0.64, memory - 0.3, UNITS, parts=everyone)
        sheet.shape(0.64, low - 0.3, FEATURES, parts=reads)
        sheet.shape(6.68, memory - 0.3, UNITS, parts="h")
    sheet.meaning(0.25, equations)
    return sheet.figure


# --- a network over time ------------------------------------------------------------------------------

# what reads, what writes, (steps that read, steps that write, steps), an example, shapes of both
SHAPES = (
    ("one to one", (1, 1, 1), "a photo → its name", FEATURES, "(batch, outputs)"),
    ("one to many", (1, 3, 3), "a letter → a name", FEATURES, "(batch, time, outputs)"),
    (
        "many to one",
        (3, 1, 3),
        "a review → its stars",
        "(batch, time, features)",
        "(batch, outputs)",
    ),
    (
        "many to many, after reading",
        (3, 3, 5),
        "a sentence → its translation",
        "(batch, time, features)",
        "(batch, other time, outputs)",
    ),
    (
        "many to many, step by step",
        (3, 3, 3),
        "each word → its tag",
        "(batch, time, features)",
        "(batch, time, outputs)",
    ),
)


def sequence_shapes(*, shapes=False):
    """Draw the five shapes of sequence problems: at which steps the network reads, and at which it writes.

    Args:
        shapes: whether inputs and outputs carry their shapes.

    Returns:
        the figure.
    """
    more = 0.3 * shapes
    lower = 1.6 + more
    upper = lower + 2.45 + 2 * more
    sheet = _Sheet(
        upper + 1.25 + more,
        "The five shapes of sequence problems: one to one, one to many, many to one, many to many after "
        "reading, and many to many step by step.",
    )
    pitch, reach = 0.75, 0.62
    places = ((0.95, upper), (2.6, upper), (5.15, upper), (0.75, lower), (5.15, lower))
    for (left, y), (title, (reads, writes, steps), example, into, out) in zip(
        places, SHAPES, strict=True
    ):
        cells = [sheet.box(left + t * pitch, y, "", width=0.42, height=0.42) for t in range(steps)]
        for before, cell in pairwise(cells):
            sheet.arrow(before.right(), cell.left())
        for cell in cells[:reads]:
            x = sheet.data(cell.x, y - reach, "", radius=0.16)
            sheet.arrow(x.top(), cell.bottom())
        for cell in cells[steps - writes :]:
            written = sheet.data(cell.x, y + reach, "", radius=0.16, fill=INK)
            sheet.arrow(cell.top(), written.bottom())
        middle = left + (steps - 1) * pitch / 2
        sheet.word(middle, y + reach + 0.42 + more, title)
        sheet.shape(middle, y - reach - 0.36 - more, example)
        if shapes:
            sheet.shape(middle, y + reach + 0.34, out)
            sheet.shape(middle, y - reach - 0.34, into)
    sheet.key(0.25, ("circle", "read"), ("box", "state"), ("full circle", "written"))
    return sheet.figure


def unrolled(
    steps=3,
    *,
    backward=False,
    outputs="all",
    loop=False,
    inputs=True,
    weight_gradients=False,
    words=None,
    targets=None,
    cell="$W, U, b$",
    output="y",
    fed_back=None,
    shapes=False,
    head=None,
    future_part=False,
):
    """Draw a recurrent network once for each time step; every copy has the same weights.

    Args:
        steps: the number of time steps.
        backward: whether the gradient runs back, from each loss L_t, or from the last state.
        outputs: "all" time steps, the "last" one, or "none".
        loop: whether the same network, drawn as a loop, stands beside it.
        inputs: whether x_1, x_2, ... come in; without them the step is a map from state to state.
        weight_gradients: whether the weights' gradients of all steps are added up, below; with `backward`.
        words: what stands under x_1, x_2, ...: one for each step.
        targets: what stands above the outputs, their right answers: one for each step.
        cell: what stands in the boxes.
        output: the letter of the outputs.
        fed_back: from this step on (2 or later) the input is the output of the step before.
        shapes: whether arrays carry their shapes; or the three shapes, of an input, a state and an output.
        head: the weights, such as "$V, c$", that make scores s_t of the states, in a box of their own;
            drawn with all outputs.
        future_part: whether the arrows from step to step are labelled da_{t+1} U^T, what the future adds
            to the gradient of h_t, instead of that gradient, dX being dL/dX; with `backward`.

    Returns:
        the figure.

    Raises:
        ValueError: for other `outputs`, another number of words or targets than of steps, words without
            `inputs`, targets without all outputs or with `backward`, `weight_gradients` or `future_part`
            without `backward`, `head` without all outputs, shapes of another number than three, or
            `fed_back` at another step, without `inputs`, with `backward` or `head`, or without all
            outputs.
    """
    _require_counts(steps=steps)
    _require("outputs", outputs, ("all", "last", "none"))
    if words is not None and len(words) != steps:
        raise ValueError(f"words: expected one for each of {steps} steps, got {len(words)}")
    if words is not None and not inputs:
        raise ValueError("words stand under inputs, which are not drawn")
    if targets is not None and len(targets) != steps:
        raise ValueError(f"targets: expected one for each of {steps} steps, got {len(targets)}")
    if targets is not None and (outputs != "all" or backward):
        raise ValueError('targets are drawn with outputs="all" and backward=False only')
    if weight_gradients and not backward:
        raise ValueError("weight_gradients are drawn with backward=True only")
    if future_part and not backward:
        raise ValueError("future_part is drawn with backward=True only")
    if head is not None and outputs != "all":
        raise ValueError('head is drawn with outputs="all" only')
    if fed_back is not None:
        _require("fed_back", fed_back, range(2, steps + 1))
        if backward or outputs != "all" or not inputs or head is not None:
            raise ValueError(
                'fed_back is drawn with inputs=True, outputs="all", backward=False and no head only'
            )
    sizes = (FEATURES, UNITS, "(batch, outputs)") if shapes is True else shapes or ()
    if shapes and len(sizes) != 3:
        raise ValueError(f"shapes: expected True or three shapes, got {shapes!r}")
    low = 0.4 + 0.35 * (words is not None) + 1.05 * weight_gradients + 0.45 * backward
    row = low + (0.95 if inputs else 0.15)
    high = row + (0.95 if head is None else 1.9)
    losses = high + 0.85
    top = losses if backward and outputs != "none" else high if outputs != "none" else row
    sheet = _Sheet(
        top + (0.4 if outputs != "none" else 0.5) + 0.35 * (targets is not None),
        f"A recurrent network unrolled over {steps} time steps{'' if inputs else ' without inputs'}: "
        "the state passes from left to right"
        + (", and the gradient runs back from right to left." if backward else "."),
    )
    gap = GAP if backward else 0
    left, right = (
        (3.0 if loop else 0.65),
        WIDTH - 1.1 * bool(shapes) - (0.65 if outputs == "none" else 0.15),
    )
    pitch = min(1.7, (right - left) / steps)
    left += (right - left - pitch * steps) / 2
    width = min(0.85, 0.6 * pitch)
    size = 12 if width > 0.75 else 10
    if loop:
        _loop(
            sheet,
            1.0,
            low if inputs else None,
            row,
            high,
            cell,
            output if outputs != "none" else "",
        )
    cells = [
        sheet.box(left + (t + 0.5) * pitch, row, cell, width=width, size=size) for t in range(steps)
    ]
    y, beside_box = None, 0.27  # far enough for the arrowhead of h to stay whole
    for t, box in enumerate(cells, 1):
        if inputs:
            x = sheet.data(box.x, low, f"$x_{{{t}}}$")
            sheet.arrow(x.top(), box.bottom())
        if fed_back is not None and t >= fed_back:
            side = box.left()[0] - beside_box
            sheet.arrow(y.right(), (side, high), (side, low), x.left(), over=True)
        if words is not None:
            sheet.word(box.x, low - 0.42, words[t - 1])
        if targets is not None:
            sheet.word(box.x, high + 0.42, targets[t - 1])
        if outputs == "all" or (outputs == "last" and t == steps):
            y, below = sheet.data(box.x, high, f"${output}_{{{t}}}$"), box
            if head is not None:
                below = sheet.box(box.x, row + 1.0, head, width=width, height=0.5, size=size)
                _both_ways(sheet, box.top(-gap), below.bottom(-gap), gap)
                scores = (below.top()[1] + y.bottom()[1]) / 2
                sheet.text(box.x - gap - 0.2, scores, f"$s_{{{t}}}$", size=13)
            _both_ways(sheet, below.top(-gap), y.bottom(-gap), gap)
            if backward:
                loss = sheet.data(box.x, losses, f"$L_{{{t}}}$")
                _both_ways(sheet, y.top(-gap), loss.bottom(-gap), gap)
    start = cells[0].left(gap)[0] - 0.45
    sheet.arrow((start, row + gap), cells[0].left(gap))
    sheet.text(start - 0.2, row + gap, "$h_0$", size=13)
    edges = [(one.right(gap), other.left(gap)) for one, other in pairwise(cells)]
    if outputs == "none":
        end = cells[-1].right(gap)
        edges.append((end, (end[0] + 0.45, end[1])))
    for t, (begin, end) in enumerate(edges, 1):
        crossed = fed_back is not None and t + 1 >= fed_back
        middle = (begin[0] + end[0] - crossed * beside_box) / 2
        _both_ways(sheet, begin, end, gap)
        sheet.text(middle, row + gap + 0.18, f"$h_{{{t}}}$", size=13)
        if backward:
            partial = rf"$\frac{{\partial L}}{{\partial h_{{{t}}}}}$"
            if future_part:
                partial = rf"$da_{{{t + 1}}} U^\top$"
            below = row - gap - (0.22 if future_part else 0.27)
            sheet.text(middle, below, partial, colour=ACCENT, size=12 if future_part else SYMBOL)
    if weight_gradients:
        named = "dW, dU, db" if future_part else None
        _sum_of_gradients(sheet, cells, low, words is not None, named)
    if shapes:
        beside = cells[-1].x + width / 2 + (0.65 if outputs == "none" else 0.12)
        if inputs:
            sheet.shape(beside, low, sizes[0], ha="left")
        sheet.shape(beside, row + gap, sizes[1], ha="left")
        if outputs != "none":
            sheet.shape(beside, high, sizes[2], ha="left")
    if backward:
        sheet.key(0.25, ("arrow", "forward"), ("gradient", "gradient, backward"))
    return sheet.figure


def fork():
    """Draw the state of one step forward, copied at a fork, and the gradients of the copies, added there.

    dX is the derivative of the loss with respect to X: dh_t = ds_t V^T + da_{t+1} U^T, and
    da_t = dh_t * (1 - h_t^2).

    Returns:
        the figure.
    """
    sheet = _Sheet(
        3.3,
        "Left, forward: tanh of a_t is h_t, which a fork copies, to V for the scores s_t and to U for "
        "the next step. Right, backward: ds_t V^T and da_{t+1} U^T meet in a plus, whose sum is dh_t.",
    )
    row, up, top = 0.75, 1.75, 2.5
    tanh = sheet.tanh(0.95, row)
    v = sheet.box(1.75, up, "$V$", width=0.56, height=0.5)
    u = sheet.box(2.35, row, "$U$", width=0.56, height=0.5)
    sheet.arrow((0.4, row), tanh.left())
    sheet.arrow(tanh.right(), u.left())
    sheet.dot(v.x, row)
    sheet.arrow((v.x, row), v.bottom())
    sheet.arrow(v.top(), (v.x, top))
    sheet.arrow(u.right(), (2.9, row))
    sheet.text(0.2, row, "$a_t$", size=13)
    sheet.text(1.45, row + 0.2, "$h_t$", size=13)
    sheet.text(v.x, top + 0.17, "$s_t$", size=13)
    sheet.text(u.x + 0.5, row - 0.3, "$a_{t+1}$", size=13)
    sheet.word(1.6, 3.08, "forward: copied")

    slope = sheet.op(4.02, row, "$1 - h_t^2$", radius=0.38, size=12)
    plus = sheet.op(5.0, row, "$+$")
    v = sheet.box(plus.x, up, r"$V^\top$", width=0.56, height=0.5)
    u = sheet.box(6.3, row, r"$U^\top$", width=0.56, height=0.5)
    blames = (
        (slope.left(), (3.22, row)),
        (plus.left(), slope.right()),
        (u.left(), plus.right()),
        (v.bottom(), plus.top()),
        ((v.x, top), v.top()),
        ((7.1, row), u.right()),
    )
    for begin, end in blames:
        sheet.arrow(begin, end, label="gradient")
    for x, y, text in (
        (3.42, row + 0.22, "$da_t$"),
        (4.6, row + 0.22, "$dh_t$"),
        (v.x, top + 0.17, "$ds_t$"),
        (v.x + 0.4, (row + up) / 2 + 0.04, r"$ds_t V^{\top}$"),
        (5.6, row - 0.24, r"$da_{t+1} U^{\top}$"),
        (6.86, row + 0.22, "$da_{t+1}$"),
    ):
        sheet.text(x, y, text, size=13, colour=ACCENT)
    sheet.word(v.x, 3.08, "backward: added")
    return sheet.figure


def _both_ways(sheet, begin, end, gap):
    """An arrow, and with a gap the gradient's arrow that runs back beside it, to the right or below."""
    sheet.arrow(begin, end)
    if gap:
        (x0, y0), (x1, y1) = begin, end
        dx, dy = (2 * gap, 0) if x0 == x1 else (0, -2 * gap)
        sheet.arrow((x1 + dx, y1 + dy), (x0 + dx, y0 + dy), label="gradient")


def _loop(sheet, middle, low, row, high, cell, output):
    """The network as a loop, and an equals sign; without an input where `low` is None."""
    box = sheet.box(middle, row, cell, width=0.85, size=12)
    if low is not None:
        sheet.arrow(sheet.data(middle, low, "$x_t$").top(), box.bottom())
    if output:
        sheet.arrow(box.top(), sheet.data(middle, high, f"${output}_t$").bottom())
    out = middle + 0.8
    sheet.arrow(box.right(0.17), (out, row + 0.17), (out, row - 0.17), box.right(-0.17))
    sheet.text(out + 0.03, row + 0.35, "$h_t$", size=13)
    sheet.text(out + 0.03, row - 0.36, "$h_{t-1}$", size=13)
    sheet.text(out + 0.42, row, "=", size=18)


def _sum_of_gradients(sheet, cells, low, words, named=None):
    """The same weights act at every step, so that their gradients are added; `named` or as partials."""
    shift = 0.33
    bus = low - 0.35 * words - 0.58
    plus = sheet.op((cells[0].x + cells[-1].x) / 2 + shift, bus, "$+$")
    for cell in cells:
        down = [cell.bottom(shift), (cell.x + shift, bus)]
        if abs(cell.x + shift - plus.x) < 0.01:
            sheet.arrow(down[0], plus.top(), label="gradient")
        else:
            side = plus.left() if cell.x < plus.x else plus.right()
            sheet.arrow(*down, side, label="gradient")
    partials = named or r",\ ".join(rf"\partial L / \partial {weight}" for weight in "WUb")
    sheet.arrow(plus.bottom(), (plus.x, bus - 0.42), label="gradient")
    sheet.text(plus.x, bus - 0.6, f"${partials}$", size=13, colour=ACCENT)


MERGES = {"concat": "[ , ]", "sum": "$+$", "mul": "$*$", "ave": "ave"}


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
    _require_counts(steps=steps)
    _require("merge", merge, tuple(MERGES))
    sheet = _Sheet(
        4.6,
        f"Two directions over {steps} time steps: one network reads forward, one backward, and the two "
        f"states of each step are merged ({merge}).",
    )
    low, forth, back, high, top = 0.4, 1.35, 2.3, 3.25, 4.15
    pitch = min(1.75, 4.65 / steps)
    side, radius = min(0.56, 0.36 * pitch), min(0.24, 0.2 * pitch)
    offset = 0.3 * pitch
    left = 1.0 + (4.65 - pitch * steps) / 2
    both_ways = []
    for t in range(steps):
        middle = left + (t + 0.5) * pitch
        box = {"width": side, "height": 0.56, "size": 13}
        ahead = sheet.box(middle - offset, forth, rf"$\overrightarrow{{h}}_{{{t + 1}}}$", **box)
        behind = sheet.box(middle + offset, back, rf"$\overleftarrow{{h}}_{{{t + 1}}}$", **box)
        both_ways.append((ahead, behind))
    for (ahead, behind), (next_ahead, next_behind) in pairwise(both_ways):
        sheet.arrow(ahead.right(), next_ahead.left())
        sheet.arrow(next_behind.left(), behind.right())
    for t, (ahead, behind) in enumerate(both_ways, 1):
        middle = (ahead.x + behind.x) / 2
        x = sheet.data(middle, low, f"$x_{{{t}}}$", radius=radius)
        merged = sheet.op(middle, high, MERGES[merge], radius=radius, size=SMALL)
        y = sheet.data(middle, top, f"$y_{{{t}}}$", radius=radius)
        sheet.arrow(x.left(), (ahead.x, low), ahead.bottom())
        sheet.arrow(x.right(), (behind.x, low), behind.bottom(), over=True)
        sheet.arrow(ahead.top(), (ahead.x, high), merged.left(), over=True)
        sheet.arrow(behind.top(), (behind.x, high), merged.right())
        sheet.arrow(merged.top(), y.bottom())
    for name, y in (("forward", forth), ("backward", back)):
        sheet.word(0.1, y + 0.12, name, ha="left")
        sheet.shape(0.1, y - 0.13, "own $W, U, b$", ha="left")
    sheet.word(0.1, high, merge, ha="left")
    if shapes:
        merged_shape = "(batch, time,\n2 × units)" if merge == "concat" else "(batch, time,\nunits)"
        for y, text in (
            (low, "(batch, time,\nfeatures)"),
            (forth, "(batch, time,\nunits)"),
            (back, "(batch, time,\nunits)"),
            (top, merged_shape),
        ):
            sheet.shape(6.05, y, text, ha="left")
    return sheet.figure


def stack(layers=2, steps=3, *, two_ways=False, shapes=True):
    """Draw layers on top of each other: the states of one are the inputs of the next.

    Args:
        layers: the number of layers.
        steps: the number of time steps.
        two_ways: whether each layer reads in both directions; a box then holds the states of both.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.
    """
    _require_counts(layers=layers, steps=steps)
    low, rise = 0.4, 1.05
    sheet = _Sheet(
        low + (layers + 1) * rise + 0.4,
        f"A stack of {layers} recurrent layers over {steps} time steps: the states of one layer are the "
        f"inputs of the next{'; each layer reads in both directions' * two_ways}.",
    )
    pitch = min(1.7, 4.4 / steps)
    left = 1.35 + (4.4 - pitch * steps) / 2
    levels = [low + layer * rise for layer in range(1, layers + 1)]
    below = [sheet.data(left + (t + 0.5) * pitch, low, f"$x_{{{t + 1}}}$") for t in range(steps)]
    letters, width, size = "$h_{{{t}}}^{{({layer})}}$", min(0.75, 0.6 * pitch), SYMBOL
    if two_ways:
        letters = r"$\overrightarrow{{h}}_{{{t}}}^{{({layer})}}\,\overleftarrow{{h}}_{{{t}}}^{{({layer})}}$"
        width, size = min(1.1, 0.65 * pitch), 11
    for layer, level in enumerate(levels, 1):
        cells = [
            sheet.box(node.x, level, letters.format(t=t, layer=layer), width=width, size=size)
            for t, node in enumerate(below, 1)
        ]
        for node, cell in zip(below, cells, strict=True):
            sheet.arrow(node.top(), cell.bottom())
        for before, cell in pairwise(cells):
            sheet.arrow(before.right(0.13 * two_ways), cell.left(0.13 * two_ways))
            if two_ways:
                sheet.arrow(cell.left(-0.13), before.right(-0.13))
        below = cells
        sheet.word(0.1, level + 0.13, f"layer {layer}", ha="left")
        weights = ", ".join(f"{weight}^{{({layer})}}" for weight in "WUb")
        sheet.shape(0.1, level - 0.15, f"${weights}$" + ", twice" * two_ways, ha="left")
    for t, cell in enumerate(below, 1):
        y = sheet.data(cell.x, levels[-1] + rise, f"$y_{{{t}}}$")
        sheet.arrow(cell.top(), y.bottom())
    if shapes:
        sheet.shape(6.05, low, "(batch, time,\nfeatures)", ha="left")
        states = "(batch, time,\n2 × units)" if two_ways else "(batch, time,\nunits)"
        for level in levels:
            sheet.shape(6.05, level, states, ha="left")
    return sheet.figure


def encoder_decoder(
    letters=("c", "a", "t"), phonemes=("K", "AE", "T"), *, attention=False, shapes=True
):
    """Draw an encoder that reads a word and a decoder that writes another, unrolled.

    Args:
        letters: what the encoder reads, two signs at least.
        phonemes: what the decoder writes; "end" follows, and each sign but the last is read at the next
            step.
        attention: whether the second step of the decoder looks back at all states of the encoder.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for fewer than two letters or no phoneme.
    """
    if len(letters) < 2 or not phonemes:
        raise ValueError(
            f"Expected two letters or more and a phoneme. Received: {letters!r} and {phonemes!r}"
        )
    low, row, high, far = 0.75, 1.75, 2.75, 3.75 + 0.35 * attention
    height = (far + 0.5 if attention else high + 0.5) + 0.35 * shapes
    looks = "; one step of the decoder takes a weighted mean of all states of the encoder"
    sheet = _Sheet(
        height,
        f"An encoder reads {len(letters)} letters, and its last state starts a decoder that writes "
        f"{len(phonemes)} phonemes and an end, reading each phoneme it wrote{looks * attention}.",
    )
    written = [*phonemes, "end"]
    steps = len(letters) + len(written)
    pitch = min(1.0, (WIDTH - 0.5) / (steps + 0.5))
    left = (WIDTH - pitch * (steps - 0.5)) / 2
    width, radius = min(0.62, 0.64 * pitch), min(0.24, 0.28 * pitch)
    encoder, decoder, outputs = [], [], []
    for j, letter in enumerate(letters, 1):
        box = sheet.box(left + (j - 1) * pitch, row, f"$h_{{{j}}}$", width=width, height=0.5)
        x = sheet.data(box.x, low, letter, radius=radius)
        sheet.arrow(x.top(), box.bottom())
        encoder.append(box)
    start = left + (len(letters) + 0.5) * pitch
    for i, phoneme in enumerate(written, 1):
        box = sheet.box(start + (i - 1) * pitch, row, f"$s_{{{i}}}$", width=width, height=0.5)
        sign = "start" if i == 1 else written[i - 2]
        x = sheet.op(box.x, low, sign, radius=radius, size=SMALL, label="data")
        sheet.arrow(x.top(), box.bottom())
        y = sheet.op(box.x, high, phoneme, radius=radius, size=SMALL, label="data", fill=LIT)
        sheet.arrow(box.top(), y.bottom())
        decoder.append(box)
        outputs.append(y)
    for before, after in pairwise([*encoder, *decoder]):
        sheet.arrow(before.right(), after.left())
    if attention:
        _look_back(sheet, encoder, outputs[1], far)
    sheet.word((encoder[0].x + encoder[-1].x) / 2, 0.25, "encoder")
    sheet.word((decoder[0].x + decoder[-1].x) / 2, 0.25, "decoder")
    if shapes:
        top = height - 0.25
        each = "$h_j$, $s_i$: (batch, units)"
        context = r"     $\alpha_2$: (batch, letters)     $c_2$: (batch, units)" * attention
        sheet.shape(WIDTH / 2, top, each + context)
    return sheet.figure


def _look_back(sheet, encoder, written, level):
    """The weighted mean of the encoder's states, c_2, and its arrow to what the second step writes."""
    mean = sheet.op(written.x, level, "$c_2$", radius=0.24, size=13)
    for j, box in enumerate(encoder, 1):
        bend = 0.3 * ((len(encoder) + 1) / 2 - j) / len(encoder)
        sheet.arrow(box.top(), (box.x, level + bend), mean.left(bend))
        sheet.text(box.x - 0.24, level - 0.75, rf"$\alpha_{{2{j}}}$", size=13)
    sheet.arrow(mean.bottom(), written.top())


def line_by_line(upper=("a", "b", "c"), lower=("A", "B", "C"), *, shapes=True):
    """Draw a line that is answered sign by sign: the reader's state of a place goes to the writer's step.

    Args:
        upper: what is read, in both directions, two signs at least.
        lower: what is written, as many signs; each but the last is read at the next step.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for fewer than two signs, or lines of different lengths.
    """
    if len(upper) < 2 or len(upper) != len(lower):
        raise ValueError(
            f"Expected two lines of one length, two signs or more. Received: {upper!r} and {lower!r}"
        )
    low, read, written, high = 0.4, 1.3, 2.4, 3.3
    sheet = _Sheet(
        3.7,
        f"A line of {len(upper)} signs is read in both directions; the state of each place goes up to the "
        "same place of the line that is written, and each sign written is read at the next place.",
    )
    pitch = min(1.5, 4.5 / len(upper))
    left = 1.0 + (4.65 - pitch * len(upper)) / 2
    side, radius = min(0.62, 0.5 * pitch), min(0.24, 0.2 * pitch)
    h, s, y = [], [], []
    for place, (sign, answer) in enumerate(zip(upper, lower, strict=True)):
        middle = left + (place + 0.5) * pitch
        h.append(sheet.box(middle, read, f"$h_{{{place + 1}}}$", width=side, height=0.5))
        s.append(sheet.box(middle, written, f"$s_{{{place + 1}}}$", width=side, height=0.5))
        x = sheet.data(middle, low, sign, radius=radius)
        y.append(sheet.op(middle, high, answer, radius=radius, label="data", fill=LIT))
        sheet.arrow(x.top(), h[-1].bottom())
        sheet.arrow(h[-1].top(), s[-1].bottom())
        sheet.arrow(s[-1].top(), y[-1].bottom())
    for place in range(len(upper) - 1):
        sheet.arrow(h[place].right(0.1), h[place + 1].left(0.1))
        sheet.arrow(h[place + 1].left(-0.1), h[place].right(-0.1))
        sheet.arrow(s[place].right(-0.08), s[place + 1].left(-0.08))
        between = (y[place].x + y[place + 1].x) / 2
        gate = s[place + 1].left(0.12)
        sheet.arrow(y[place].right(), (between, high), (between, gate[1]), gate)
    for name, level in (("upper line", low), ("reader", read), ("writer", written)):
        sheet.word(0.1, level, name, ha="left")
    sheet.word(0.1, high, "lower line", ha="left")
    if shapes:
        for level, last in (
            (low, ""),
            (read, ",\nunits"),
            (written, ",\nunits"),
            (high, ",\nsigns"),
        ):
            sheet.shape(6.05, level, f"(batch, {len(upper)}{last})", ha="left")
    return sheet.figure


def attention(words=("a", "dull", "film"), *, asking=None, shapes=True):
    """Draw attention over the words of a sentence: scores, softmax, weighted mean.

    Args:
        words: the words, two at least.
        asking: which word asks, counted from 0. It asks by its query $q_i$, and each word answers by a key
            $k_j$ and hands out a value $v_j$. None: one learned query $q$ asks, and the words' own vectors
            $x_j$ are both keys and values.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for fewer than two words, or no such word to ask.
    """
    if len(words) < 2:
        raise ValueError(f"Expected two words or more. Received: {words!r}")
    if asking is not None:
        _require("asking", asking, range(len(words)))
    who = "a learned query asks" if asking is None else f"the word {words[asking]!r} asks"
    sheet = _Sheet(
        5.15,
        f"Attention over {len(words)} words: {who}, each word's score goes through one softmax, and the "
        "weights make a mean of the words' values.",
    )
    word, low, rail, row, bar, product, top = 0.25, 0.75, 1.4, 1.95, 2.65, 3.45, 4.4
    letter, score = ("x", "q") if asking is None else ("v", f"q_{asking + 1}")
    left, right = 1.75, 5.2
    pitch = (right - left) / (len(words) - 1)
    places = [left + j * pitch for j in range(len(words))]
    side = min(0.42, 0.36 * pitch)
    wide = _Node((left + right) / 2, bar, right - left + 0.7, 0.4)
    sheet._rectangle(wide, fc=PAPER, ec=INK, lw=1.6, zorder=5, label="softmax")
    sheet.shape(6.1, bar, "softmax", ha="left")
    mean = sheet.op(
        6.0, top, f"$c{'' if asking is None else f'_{asking + 1}'}$", radius=0.24, fill=LIT
    )
    for j, x in enumerate(places, 1):
        lit = LIT if asking == j - 1 else None
        vector = sheet.data(x, low, f"$x_{{{j}}}$", fill=lit)
        sheet.word(x, word, words[j - 1])
        scored = sheet.op(x, row, rf"$e_{{{j}}}$", radius=0.22, size=13)
        weighted = sheet.op(x, product, "$*$", radius=0.17)
        sheet.arrow(vector.top(), scored.bottom())
        sheet.arrow(scored.top(), (x, bar - 0.2))
        sheet.arrow((x, bar + 0.2), weighted.bottom())
        sheet.text(x - 0.26, bar + 0.42, rf"$\alpha_{{{j}}}$", size=13)
        sheet.arrow(vector.right(), (x + side, low), (x + side, product), weighted.right())
        sheet.text(x + side + 0.17, row, f"${letter}_{{{j}}}$", size=12)
        if asking is not None:
            sheet.text(x + 0.15, low + 0.42, f"$k_{{{j}}}$", size=12)
        bend = 0.42 * ((len(words) + 1) / 2 - j) / len(words)  # heads do not touch
        sheet.arrow(weighted.top(), (x, top + bend), mean.left(bend))
    begin = (0.75, rail)
    if asking is None:
        query = sheet.box(0.62, rail, "$q$", width=0.5, height=0.5)
        begin = query.right()
    else:
        asks = places[asking]
        sheet.line((asks - 0.24, low), (asks - side, low), (asks - side, rail))
        begin = (places[0] - side, rail)
        sheet.text(asks - side - 0.2, (low + rail) / 2, f"${score}$", size=12)
    for x in places:
        reach = (x - side, rail), (x - side, row), (x - 0.22, row)
        sheet.arrow(begin, *reach, over=x != places[0]) if begin[0] < x - side else sheet.arrow(
            *reach
        )
        begin = (x - side, rail)
    if shapes:
        for y, text in (
            (low, "(batch,\nwords, 50)"),
            (row, "(batch, words)"),
            (bar + 0.42, "(batch, words)"),
        ):
            sheet.shape(6.1, y, text, ha="left")
        sheet.shape(6.0, top + 0.42, "(batch, 50)" if asking is None else "(batch, values)")
    return sheet.figure


def transformer_block(*, shapes=True, mask=True):
    """Draw one Transformer block, normalisation first: look around, add; think, add.

    Args:
        shapes: whether the array that runs through, and the mask, carry their shapes.
        mask: whether a mask says which words a word may look at.

    Returns:
        the figure.
    """
    masked = "; a mask says which words a word may look at" if mask else ""
    sheet = _Sheet(
        3.1,
        "A Transformer block: the vectors run straight through; a normalisation and self-attention add to "
        f"them, then a normalisation and a layer with one hidden layer{masked}.",
    )
    row, branch = 0.85, 2.0
    sheet.frame(1.1, 0.4, 6.1, 2.75)
    x = sheet.data(0.65, row, "$x$")
    before = x.right()
    for left, name in ((1.35, "attention"), (3.75, "two Dense")):
        sheet.dot(left, row)
        plus = sheet.op(left + 2.06, row, "$+$")
        norm = sheet.box(left + 0.44, branch, "norm", width=0.64, height=0.5, size=WORD)
        layer = sheet.box(left + 1.39, branch, name, width=0.96, height=0.5, size=WORD)
        sheet.arrow(before, plus.left())
        sheet.arrow((left, row), (left, branch), norm.left())
        sheet.arrow(norm.right(), layer.left())
        sheet.arrow(layer.right(), (plus.x, branch), plus.top())
        before = plus.right()
        if mask and name == "attention":
            may_look = sheet.op(layer.x, 1.3, "mask", radius=0.25, size=SMALL, label="data")
            sheet.arrow(may_look.top(), layer.bottom())
            if shapes:
                sheet.shape(may_look.left()[0] - 0.06, 1.3, "(words, words)", ha="right")
    y = sheet.data(6.6, row, "$y$")
    sheet.arrow(before, y.left())
    sheet.word(2.4, 2.5, "between words")
    sheet.word(4.8, 2.5, "within a word")
    if shapes:
        through = "on every other arrow" if mask else "on every arrow"
        sheet.shape(WIDTH / 2, 0.2, f"{through}: (batch, words, features)")
    return sheet.figure


def truncation(steps=8, block=4):
    """Draw truncated backpropagation: states pass from block to block, gradients do not.

    Args:
        steps: the number of time steps.
        block: the number of steps in a block.

    Returns:
        the figure.
    """
    _require_counts(steps=steps, block=block)
    sheet = _Sheet(
        3.5,
        f"{steps} time steps in blocks of {block}: states pass from block to block, gradients stop at "
        "each border.",
    )
    pitch = 6.7 / steps
    row, side = 1.75, min(0.5, 0.55 * pitch)
    cells = [
        sheet.box(
            0.25 + (t + 0.5) * pitch, row, f"$h_{{{t + 1}}}$", width=side, height=0.5, size=12
        )
        for t in range(steps)
    ]
    for number, first in enumerate(range(0, steps, block), 1):
        members = cells[first : first + block]
        left, right = members[0].x - pitch / 2 + 0.06, members[-1].x + pitch / 2 - 0.06
        sheet.frame(left, 0.55, right, 2.98)
        sheet.word((left + right) / 2, 3.2, f"block {number}")
    for t, cell in enumerate(cells, 1):
        sheet.text(cell.x, row - 0.97, f"$x_{{{t}}}$", size=13)
        sheet.arrow((cell.x, row - 0.8), cell.bottom())
        sheet.text(cell.x, row + 1.0, f"$L_{{{t}}}$", size=13)
        _both_ways(sheet, cell.top(-GAP), (cell.x - GAP, row + 0.82), GAP)
    for t, (before, cell) in enumerate(pairwise(cells), 1):
        if t % block:
            _both_ways(sheet, before.right(GAP), cell.left(GAP), GAP)
        else:
            border = cell.x - pitch / 2 - 0.06
            sheet.arrow(before.right(GAP), cell.left(GAP))
            sheet.arrow(cell.left(-GAP), (border, row - GAP), label="gradient line")
            sheet.stop(border, row - GAP, 0.14)
    sheet.key(0.25, ("arrow", "forward"), ("gradient", "gradient"), ("stop", "the gradient stops"))
    return sheet.figure


def strided_convolution(steps=12, kernel=4, stride=2, *, marked=1):
    """Draw a convolution with a stride before a recurrent network: few of its steps, each of many lines.

    Args:
        steps: the length of the sequence, 12 at most.
        kernel: how many neighbours one output of the convolution sees.
        stride: how far the convolution moves on.
        marked: the output, counted from 0, whose receptive field is framed.

    Returns:
        the figure.

    Raises:
        ValueError: counts below 1, more than 12 steps, a kernel longer than the sequence, or a marked
            output that there is not.
    """
    _require_counts(steps=steps, kernel=kernel, stride=stride)
    if steps > 12 or kernel > steps:
        raise ValueError(f"Expected kernel <= steps <= 12. Received {kernel} and {steps}")
    outputs = (steps - kernel) // stride + 1
    if not 0 <= marked < outputs:
        raise ValueError(f"marked: expected 0 to {outputs - 1}, the outputs. Received {marked}")
    sheet = _Sheet(
        4.0,
        f"A convolution of kernel size {kernel} and stride {stride} makes {outputs} steps of {steps}, "
        f"and a GRU reads these; output {marked + 1} sees steps {marked * stride + 1} to "
        f"{marked * stride + kernel}.",
        highlight="marked",
        parts=("marked",),
        others="dark",
    )
    pitch, side = 5.9 / 12, 0.36
    places = [1.1 + (t + 0.5) * pitch for t in range(steps)]
    first = marked * stride
    sheet.frame(places[first] - 0.23, 0.37, places[first + kernel - 1] + 0.23, 0.83)
    for t, x in enumerate(places, 1):
        sheet.square(x, 0.6, side, f"$x_{{{t}}}$")
    cells = []
    for j in range(outputs):
        field = places[j * stride : j * stride + kernel]
        x, parts = sum(field) / kernel, "marked" if j == marked else ""
        filters = sheet.box(
            x, 2.1, f"$z_{{{j + 1}}}$", width=0.6, height=0.46, parts=parts, size=12
        )
        for start in field:
            sheet.arrow((start, 0.6 + side / 2), filters.bottom((start - x) * 0.3), parts=parts)
        cells.append(sheet.box(x, 3.2, f"$h_{{{j + 1}}}$", width=0.6, height=0.46, size=12))
        sheet.arrow(filters.top(), cells[-1].bottom())
    for before, after in pairwise(cells):
        sheet.arrow(before.right(), after.left())
    for y, word in ((0.6, "input"), (2.1, "Conv1D"), (3.2, "GRU")):
        sheet.word(0.55, y, word)
    return sheet.figure


def mean_of_vectors(words=("a", "clumsy", "film"), *, known=()):
    """Draw a classifier that does not care about order: look up each word's vector, average, weigh.

    Args:
        words: of the sentence, two to five.
        known: those of them that occur in labelled sentences; by default all but the middle one.

    Returns:
        the figure.

    Raises:
        ValueError: another number of words, or a known word that is not in the sentence.
    """
    if not 2 <= len(words) <= 5:
        raise ValueError(f"Expected two to five words. Received: {list(words)}")
    if not set(known) <= set(words):
        raise ValueError(f"known: expected words out of {list(words)}. Received: {list(known)}")
    known = known or [word for i, word in enumerate(words) if i != len(words) // 2]
    new = [word for word in words if word not in known]
    sheet = _Sheet(
        4.1,
        f"Each of the words {', '.join(words)} is looked up in a table of vectors made from other text; "
        f"the mean of the vectors goes through logistic regression. Never labelled: {', '.join(new)}.",
        highlight="new",
        parts=("new",),
        others="dark",
    )
    pitch = 4.4 / len(words)
    places = [0.4 + (i + 0.5) * pitch for i in range(len(words))]
    middle = sum(places) / len(places)
    mean = sheet.op(middle, 2.55, "mean", radius=0.34, size=WORD)
    for i, (x, word) in enumerate(zip(places, words, strict=True), 1):
        parts = "new" if word in new else ""
        sheet.word(x, 0.45, word, parts=parts)
        vector = sheet.box(x, 1.35, f"$v_{{{i}}}$", width=0.62, height=0.5, parts=parts)
        sheet.arrow((x, 0.65), vector.bottom(), parts=parts)
        shift = 0.3 * (x - middle) / max(pitch, places[-1] - middle)
        sheet.arrow(vector.top(), mean.bottom(shift), parts=parts)
    head = sheet.box(middle, 3.5, "$w, b$", width=0.9, height=0.5, size=13)
    sheet.arrow(mean.top(), head.bottom())
    answer = (middle + 1.75, 3.5)
    sheet.arrow(head.right(), (answer[0] - 0.62, 3.5))
    sheet.word(*answer, "fresh or rotten")
    for y, line in ((1.35, "(50,) each"), (2.55, "(50,)")):
        sheet.shape(5.6, y, line)
    return sheet.figure


def dilated_stack(dilations=(1, 2, 4), kernel=3, steps=16):
    """Draw causal convolutions one above the other, and all that the last output sees.

    Args:
        dilations: of each layer, from below: how far apart the steps are that a kernel reads; 5 at most.
        kernel: how many steps each output reads of the layer below, itself the last of them.
        steps: the length of the sequence, 20 at most. What a kernel reads before the first is not drawn.

    Returns:
        the figure.

    Raises:
        ValueError: counts below 1, more than 20 steps, or more than five layers or none.
    """
    _require_counts(kernel=kernel, steps=steps, **{f"dilation {d}": d for d in dilations})
    if steps > 20 or not 1 <= len(dilations) <= 5:
        raise ValueError(
            f"Expected steps <= 20 and one to five layers. Received {steps} and {len(dilations)}"
        )
    sees = [1 + (kernel - 1) * sum(dilations[:layer]) for layer in range(len(dilations) + 1)]
    sheet = _Sheet(
        0.9 + 0.8 * len(dilations),
        f"Causal convolutions of kernel size {kernel} and dilations {', '.join(map(str, dilations))}: "
        f"the last output sees {sees[-1]} steps.",
        highlight="seen",
        parts=("seen",),
    )
    pitch, rise = 4.9 / steps, 0.8
    seen = {steps - 1}
    for layer in range(len(dilations), -1, -1):
        y = 0.45 + rise * layer
        nodes = [
            sheet.op(
                1.45 + pitch * t, y, "", parts="seen" * (t in seen), radius=min(0.11, pitch / 3)
            )
            for t in range(steps)
        ]
        word = f"dilation {dilations[layer - 1]}" if layer else "input"
        sheet.word(0.68, y, word, colour=INK)
        sheet.word(6.72, y, f"sees {sees[layer]}" if layer else "", colour=INK)
        if layer:
            read = {
                t: range(t, t - kernel * dilations[layer - 1], -dilations[layer - 1]) for t in seen
            }
            seen = {place for places in read.values() for place in places if place >= 0}
            for t, places in read.items():
                for place in (place for place in places if place >= 0):
                    x, radius = 1.45 + pitch * place, nodes[t].height / 2
                    run = nodes[t].x - x
                    long = (run**2 + rise**2) ** 0.5
                    sheet.line(
                        (x + radius * run / long, y - rise + radius * rise / long),
                        (nodes[t].x - radius * run / long, y - radius * rise / long),
                        parts="seen",
                    )
    return sheet.figure


def residual_block():
    """Draw a residual block, y = x + conv(relu(x)): one way round the weights, and one through them.

    Returns:
        the figure.
    """
    sheet = _Sheet(
        1.75,
        "A residual block: x is copied; one copy passes a relu and a convolution, the other none, and "
        "both are added.",
        highlight="way",
        parts=("way",),
        others="dark",
    )
    y, high = 0.6, 1.35
    x = sheet.data(0.9, y, "$x$")
    relu = sheet.op(2.3, y, "relu", radius=0.3, size=12)
    convolution = sheet.box(3.7, y, "Conv1D", width=1.1, size=12)
    plus = sheet.op(5.1, y, "$+$", parts="way")
    result = sheet.data(6.3, y, "$y$")
    sheet.arrow(x.right(), relu.left())
    sheet.arrow(relu.right(), convolution.left())
    sheet.arrow(convolution.right(), plus.left())
    sheet.arrow(plus.right(), result.left())
    sheet.arrow((1.45, y), (1.45, high), (plus.x, high), plus.top(), parts="way")
    sheet.dot(1.45, y, parts="way")
    return sheet.figure


def stateful_batches(rows=3, batches=3, length=4):
    """Draw stateful batches: each row goes on where the same row of the batch before has stopped.

    Args:
        rows: sequences read side by side, the batch size; at most 8.
        batches: batches one after another.
        length: time steps of a batch. The first state of all is 0.

    Returns:
        the figure.
    """
    _require_counts(rows=rows, batches=batches, length=length)
    letters = "abcdefgh"
    _require("rows", rows, range(1, len(letters) + 1))
    rise = 0.62
    sheet = _Sheet(
        rise * rows + 0.65,
        f"{batches} batches of {rows} rows: the last state of each row is the first state of the same "
        "row in the next batch.",
    )
    start, end = 0.75, WIDTH - 0.15
    between = 0.62
    side = min(0.42, (end - start - between * (batches - 1)) / (batches * length))
    between = (end - start - side * batches * length) / max(1, batches - 1)
    for batch in range(batches):
        left = start + batch * (side * length + between)
        sheet.word(left + side * length / 2, rise * rows + 0.32, f"batch {batch + 1}")
        for row, letter in enumerate(letters[:rows]):
            y = rise * (rows - row) - 0.2
            for step in range(length):
                text = f"${letter}_{{{batch * length + step + 1}}}$"
                sheet.square(left + (step + 0.5) * side, y, side, text)
            arrives = left - (between if batch else 0.38)
            sheet.arrow((arrives, y), (left, y))
            if batch:
                sheet.shape(left - between / 2 - 0.03, y + 0.13, "state")
            else:
                sheet.text(arrives - 0.17, y, "$0$", size=13)
    return sheet.figure


def padding_mask(lengths=(5, 3, 2), *, side="right"):
    """Draw a batch of sequences of several lengths: its padding, its mask, and the state carried over it.

    Args:
        lengths: the real steps of each sequence.
        side: on which side the padding is, "right" or "left".

    Returns:
        the figure.

    Raises:
        ValueError: for another `side`.
    """
    _require("side", side, ("right", "left"))
    steps, rows = max(lengths), len(lengths)
    rise = 0.55
    sheet = _Sheet(
        rise * rows + 1.2,
        "Sequences of several lengths, filled up to the longest: the mask is 0 on the padding, and "
        "there the state is carried on unchanged.",
    )
    cell = min(0.42, 2.1 / steps)
    panels = (
        ("input", "(batch, time, features)", "$x_{{{}}}$", "$0$"),
        ("mask", "(batch, time)", "$1$", "$0$"),
        ("state", "(batch, time, units)", "$h_{{{}}}$", "$h_{{{}}}$"),
    )
    room = (WIDTH - 0.4 - 3 * cell * steps) / 2
    for panel, (title, shape, real_text, padding_text) in enumerate(panels):
        left = 0.2 + panel * (cell * steps + room)
        sheet.word(left + cell * steps / 2, rise * rows + 0.93, title)
        sheet.shape(left + cell * steps / 2, rise * rows + 0.68, shape)
        for row, real in enumerate(lengths):
            for step in range(1, steps + 1):
                number = step if side == "right" else step - (steps - real)
                padding = not 1 <= number <= real
                text = padding_text if padding else real_text
                sheet.square(
                    left + (step - 0.5) * cell,
                    rise * (rows - row) + 0.15,
                    cell,
                    text.format(min(max(number, 0), real)),
                    padding=padding,
                )
    sheet.key(0.25, ("entry", "real step"), ("padding", "padding: the state is carried on"))
    return sheet.figure


def skip_gram(words=("a", "superb", "comic", "film", "with"), *, center=3, reach=2, made_up="tax"):
    """Draw skip-gram with negative sampling: a window on a text, a true pair and one made up.

    Args:
        words: the words of the text that are shown, 3 to 6.
        center: the place of the word in the window's middle, from 0; at least one word is left of it.
        reach: how many words on each side of it the window holds.
        made_up: the word that is drawn at random.

    Returns:
        the figure.
    """
    if not 3 <= len(words) <= 6 or not 1 <= center < len(words):
        raise ValueError(
            f"Expected 3 to 6 words and center from 1 to {len(words) - 1}, got {len(words)} words and "
            f"center={center!r}"
        )
    _require_counts(reach=reach)
    sheet = _Sheet(
        3.9,
        f"A window of {reach} words on each side of {words[center]!r}. Its vector, a row of table U, is "
        f"multiplied with that of {words[max(0, center - reach)]!r}, a row of table V, which should give "
        f"1, and with that of {made_up!r}, drawn at random, which should give 0.",
    )
    pitch, top, table, dots = 5.0 / len(words), 3.3, 2.3, 1.45
    places = [0.2 + (i + 0.5) * pitch for i in range(len(words))]
    first, last = max(0, center - reach), min(len(words) - 1, center + reach)
    left, right = places[first] - pitch / 2 + 0.03, places[last] + pitch / 2 - 0.03
    sheet.frame(left, top - 0.24, right, top + 0.24)
    for i, (x, word) in enumerate(zip(places, words, strict=True)):
        sheet.text(
            x, top, word, size=WORD, va="center_baseline", colour=ACCENT if i == center else None
        )
    sheet.shape((left + right) / 2, top + 0.41, "the window")
    random_x = 6.3
    sheet.word(random_x, top, made_up)
    sheet.shape(random_x, top + 0.41, "drawn at random")
    columns = {"context": places[first], "center": places[center], "random": random_x}
    boxes = {}
    for name, x in columns.items():
        boxes[name] = sheet.box(
            x, table, "$U$" if name == "center" else "$V$", width=0.62, height=0.5
        )
        sheet.arrow((x, top - 0.27), boxes[name].top())
    middle = columns["center"]
    true_x, false_x = (columns["context"] + middle) / 2, (middle + random_x) / 2
    for x, name, index, label in (
        (true_x, "context", "o", "should be 1"),
        (false_x, "random", "n", "should be 0"),
    ):
        node = sheet.op(x, dots, r"$\cdot$", size=18)
        side, back = (
            (node.left(), node.right()) if name == "context" else (node.right(), node.left())
        )
        sheet.arrow(boxes[name].bottom(), (columns[name], dots), side)
        sheet.arrow(boxes["center"].bottom(), (middle, dots), back)
        squash = sheet.op(x, dots - 0.68, r"$\sigma$", radius=0.22)
        sheet.arrow(node.bottom(), squash.top())
        sheet.arrow(squash.bottom(), (x, 0.36))
        sheet.word(x, 0.2, label)
        sheet.shape(columns[name], dots - 0.2, f"$v_{index}$ (d,)")
    sheet.dot(middle, dots)
    sheet.shape(middle, dots - 0.2, "$u_c$ (d,)")
    return sheet.figure


# --- tagging ------------------------------------------------------------------------------------------


def _crf(sheet, left, right, level):
    """The layer that scores all tags of a sentence together, over the columns from left to right."""
    wide = _Node((left + right) / 2, level, right - left + 0.9, 0.46)
    sheet._rectangle(wide, fc=LAYER, ec=INK, lw=1.6, zorder=5, label="box")
    sheet.text(wide.x, level, "$A$", size=13)


def _tagged(sheet, cell, t, tag, *, width, levels):
    """What stands above a state: the scores of its tags, the way through the CRF, the answer."""
    dense, crf, top = levels
    scores = sheet.box(cell.x, dense, f"$e_{{{t}}}$", width=width, height=0.42, size=13)
    sheet.arrow(cell.top(), scores.bottom())
    sheet.arrow(scores.top(), (cell.x, crf - 0.23))
    answer = sheet.op(cell.x, top, tag, radius=0.32, size=SMALL, label="data", fill=LIT)
    sheet.arrow((cell.x, crf + 0.23), answer.bottom())


def _neighbours(sheet, cells):
    """The arrows of a layer with two directions, from each state to its neighbours."""
    for before, cell in pairwise(cells):
        sheet.arrow(before.right(0.11), cell.left(0.11))
        sheet.arrow(cell.left(-0.11), before.right(-0.11))


def tagger(words=("Shares", "in", "Apple"), tags=("O", "O", "B-ORG"), *, shapes=True):
    """Draw a tagger: each word's vector and its letters, two directions, scores of tags, and a CRF.

    Args:
        words: the words, two at least.
        tags: what is answered, one a word.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for fewer than two words, or another number of tags.
    """
    if len(words) < 2 or len(words) != len(tags):
        raise ValueError(
            f"Expected two words or more and a tag for each. Received: {words!r} and {tags!r}"
        )
    sheet = _Sheet(
        5.3,
        f"A tagger over {len(words)} words: each word's vector and what its letters say are put side by "
        "side, a network reads them in both directions, a layer scores every tag at every word, and a CRF "
        "scores all tags of the sentence together.",
    )
    low, parts, join, row, dense, crf, top = 0.3, 0.95, 1.5, 2.2, 3.1, 3.95, 4.85
    left, right = 1.85, 5.05
    pitch = (right - left) / (len(words) - 1)
    half = min(0.36, 0.23 * pitch)
    width = min(1.1, 0.7 * pitch)
    _crf(sheet, left, right, crf)
    cells = []
    for t, (word, tag) in enumerate(zip(words, tags, strict=True), 1):
        x = left + (t - 1) * pitch
        sheet.word(x, low, word)
        box = {"width": 1.6 * half, "height": 0.42, "size": 12}
        vector = sheet.box(x - half, parts, f"$v_{{{t}}}$", **box)
        letters = sheet.box(x + half, parts, f"$c_{{{t}}}$", **box)
        for part in (vector, letters):
            sheet.arrow((part.x, low + 0.17), part.bottom())
        state = rf"$\overrightarrow{{h}}_{{{t}}}\,\overleftarrow{{h}}_{{{t}}}$"
        cell = sheet.box(x, row, state, width=width, height=0.5, size=12)
        sheet.line(letters.top(), (letters.x, join), (x, join))
        sheet.arrow(vector.top(), (vector.x, join), (x, join), cell.bottom())
        _tagged(sheet, cell, t, tag, width=0.6, levels=(dense, crf, top))
        cells.append(cell)
    _neighbours(sheet, cells)
    names = ("word, letters", "side by side", "BiLSTM", "scores", "CRF")
    for y, name in zip((parts, join, row, dense, crf), names, strict=True):
        sheet.word(0.1, y, name, ha="left")
    if shapes:
        for y, text in (
            (parts, "(batch, words, 50)\n(batch, words, 30)"),
            (join, "(batch, words, 80)"),
            (row, "(batch, words,\n2 × units)"),
            (dense, "(batch, words, tags)"),
            (crf, "(tags, tags)"),
            (top, "(batch, words)"),
        ):
            sheet.shape(5.85, y, text, ha="left")
    return sheet.figure


def lattice(words, tags, *, emissions=None, steps=None, path=(), forbidden=None):
    """Draw all sequences of tags of a sentence: a column a word, a row a tag, every way a sequence.

    Args:
        words: one a column, two at least.
        tags: one a row, two at least.
        emissions: (words, tags), a number beside each tag at each word; none by default.
        steps: (tags, tags), a number on each step from a tag to a tag; only where there are two tags, since
            more numbers would lie on each other.
        path: one row a word; this way is dark and thick, and the others are pale.
        forbidden: what is not drawn, as `course_lib.tagging.bio_constraints` gives it: boolean (tags, tags)
            for steps, and boolean (tags,) for tags at the first word.

    Returns:
        the figure.

    Raises:
        ValueError: fewer than two words or tags, arrays of other shapes, steps for more than two tags, a
            path of another length, with a tag that is none, or over what is not drawn.
    """
    columns, rows = len(words), len(tags)
    if min(columns, rows) < 2:
        raise ValueError(f"Expected two words and two tags or more. Received: {words!r}, {tags!r}")
    forbidden = (np.zeros((rows, rows)), np.zeros(rows)) if forbidden is None else forbidden
    if len(forbidden) != 2:
        raise ValueError(f"Expected forbidden steps and starts. Received: {len(forbidden)} arrays")
    for name, array, shape in (
        ("emissions", emissions, (columns, rows)),
        ("steps", steps, (rows, rows)),
        ("forbidden steps", forbidden[0], (rows, rows)),
        ("forbidden starts", forbidden[1], (rows,)),
    ):
        if array is not None and np.shape(array) != shape:
            raise ValueError(f"Expected {name} of shape {shape}. Received: {np.shape(array)}")
    if steps is not None and rows > 2:
        raise ValueError(f"Expected two tags with numbers on the steps. Received: {rows}")
    allowed, starts = (~np.asarray(array, bool) for array in forbidden)
    path = list(path)
    if path and (len(path) != columns or not set(path) <= set(range(rows))):
        raise ValueError(f"Expected a path of {columns} rows out of {rows}. Received: {path}")
    if path and not (starts[path[0]] and all(allowed[i, j] for i, j in pairwise(path))):
        raise ValueError(f"Expected a path over steps that are drawn. Received: {path}")
    rise = 1.35 if steps is not None else 0.95
    height = 0.95 + rise * (rows - 1) + (0.75 if emissions is not None else 0.55)
    drawn = int(allowed[starts].sum() + allowed.sum() * (columns - 2))
    sheet = _Sheet(
        height,
        f"A lattice of {columns} words and {rows} tags: {drawn} steps lead from a tag of one word to a tag "
        f"of the next{'; one way through it is dark' if path else ''}.",
        highlight="path" if path else None,
        parts=("path",),
    )
    left, right = 1.0, WIDTH - 1.0
    pitch, radius = (right - left) / (columns - 1), 0.36
    nodes = {}
    for t, word in enumerate(words):
        sheet.text(left + t * pitch, 0.3, word, size=WORD, va="center_baseline", colour=INK)
        for k, tag in enumerate(tags):
            if t == 0 and not starts[k]:
                continue
            lit = "path" if path and path[t] == k else ""
            y = 0.95 + rise * (rows - 1 - k)
            node = sheet.op(
                left + t * pitch, y, tag, parts=lit, radius=radius, size=SMALL, label="data"
            )
            nodes[t, k] = node
            if emissions is not None:
                number = f"{emissions[t][k]:g}".replace("-", "−")
                sheet.text(node.x, y + 0.53, number, parts=lit, size=WORD)
    for t, (i, j) in product(range(columns - 1), np.argwhere(allowed)):
        if (t, i) not in nodes:
            continue
        begin, end = nodes[t, i], nodes[t + 1, j]
        away = np.array([end.x - begin.x, end.y - begin.y])
        away = away / np.hypot(*away)
        lit = "path" if path and (path[t], path[t + 1]) == (i, j) else ""
        start = np.array([begin.x, begin.y]) + radius * away
        sheet.arrow(tuple(start), tuple(np.array([end.x, end.y]) - radius * away), parts=lit)
        if steps is not None:  # outside of the cross that the two slanting steps make
            beside = np.array([-away[1], away[0]]) * (1 if i == 0 else -1)
            x, y = start + 0.28 * pitch * away + 0.17 * beside
            number = f"{steps[i][j]:+g}".replace("-", "−")
            sheet.text(x, y, number, parts=lit, size=WORD)
    return sheet.figure


PIECES = ((0, 1), (-1, 1), (0, 2), (-2, 1), (-1, 2), (0, 3))
"""Where the pieces of one to three characters begin and end that hold the character at 0."""


def character_tagger(
    syllables=("zǒng", "lǐ", "Lǐ", "Péng", "chū"),
    tags=("O", "O", "B-PER", "I-PER", "O"),
    *,
    at=2,
    shapes=True,
):
    """Draw a tagger of characters: the pieces that hold one of them, two directions, scores, and a CRF.

    Args:
        syllables: the characters, written so that every font has them.
        tags: what is answered, one a character.
        at: the character whose pieces are shown, with two neighbours on each side at least.
        shapes: whether arrays carry their shapes.

    Returns:
        the figure.

    Raises:
        ValueError: for another number of tags, or a character without two neighbours on each side.
    """
    if len(syllables) != len(tags):
        raise ValueError(f"Expected a tag for each syllable. Received: {syllables!r} and {tags!r}")
    if not 2 <= at < len(syllables) - 2:
        raise ValueError(
            f"Expected a character with two neighbours on each side. Received: at {at} of "
            f"{len(syllables)}"
        )
    sheet = _Sheet(
        6.3,
        f"A tagger over {len(syllables)} characters: for each one the vectors of the pieces of one to "
        "three characters that hold it are put side by side, a network reads them in both directions, "
        "a layer scores every tag, and a CRF scores all tags of the sentence together.",
    )
    low, first, vector, row, dense, crf, top = 0.3, 0.72, 2.55, 3.35, 4.15, 4.9, 5.8
    left, right = 1.85, 5.05
    pitch = (right - left) / (len(syllables) - 1)
    columns = [left + t * pitch for t in range(len(syllables))]
    middle = columns[at]
    for number, (begin, end) in enumerate(PIECES):
        y = first + 0.22 * number
        ends = columns[at + begin] - 0.3 * pitch, columns[at + end - 1] + 0.3 * pitch
        node = _Node(sum(ends) / 2, y, ends[1] - ends[0], 0.13)
        sheet._rectangle(node, rounding=0.05, fc=LIT, ec=INK, lw=1.2, zorder=4, label="piece")
        sheet.dot(middle, y)
    sheet.arrow((middle, low + 0.17), (middle, vector - 0.21))
    _crf(sheet, left, right, crf)
    cells = []
    for t, (x, syllable, tag) in enumerate(zip(columns, syllables, tags, strict=True), 1):
        sheet.word(x, low, syllable)
        pieces = sheet.box(x, vector, f"$x_{{{t}}}$", width=0.5, height=0.42, size=13)
        if t - 1 != at:
            sheet.arrow((x, vector - 0.5), pieces.bottom())
        state = rf"$\overrightarrow{{h}}_{{{t}}}\,\overleftarrow{{h}}_{{{t}}}$"
        cell = sheet.box(x, row, state, width=0.72 * pitch, height=0.5, size=11)
        sheet.arrow(pieces.top(), cell.bottom())
        _tagged(sheet, cell, t, tag, width=0.5, levels=(dense, crf, top))
        cells.append(cell)
    _neighbours(sheet, cells)
    middle_piece = first + 0.22 * 2.5
    for y, name in (
        (low, "characters"),
        (middle_piece, "pieces of\none to three"),
        (vector, "side by side"),
        (row, "BiLSTM"),
        (dense, "scores"),
        (crf, "CRF"),
        (top, "tags"),
    ):
        sheet.word(0.1, y, name, ha="left")
    if shapes:
        for y, text in (
            (low, "(batch, time)"),
            (middle_piece, f"{len(PIECES)} × (batch, time,\n100)"),
            (vector, f"(batch, time, {len(PIECES)}00)"),
            (row, "(batch, time,\n2 × units)"),
            (dense, "(batch, time, tags)"),
            (crf, "(tags, tags)"),
            (top, "(batch, time)"),
        ):
            sheet.shape(5.85, y, text, ha="left")
    return sheet.figure
