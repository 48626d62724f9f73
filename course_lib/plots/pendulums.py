"""A double pendulum: its rods, the path of its lower ball, and where a network takes it to be."""

from io import BytesIO

from course_lib.plots.style import COLOURS, LINES

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageColor, ImageDraw

_LEFT, _RIGHT, _BOTTOM, _TOP = -2.15, 2.15, -2.2, 0.6  # metres that a picture shows
_PIXELS = 90  # a metre in a film
_TRAIL = 1.0  # seconds of path in a film
_LIGHT, _DARK, _TRUTH = "#ffffff", "#dcdcdc", "#8a8a8a"


def draw_pendulum(axes, places, *, colour=COLOURS[0], label=None, path=True, line="-"):
    """Draw a pendulum at its last place, and the path that its lower ball has come along.

    Args:
        axes: where to draw.
        places: (timesteps, 4), x and y of the upper ball, x and y of the lower, in metres.
        colour, line: of path and rods.
        label: the rods', for a legend.
        path: whether the path is drawn.
    """
    places = np.asarray(places)
    if path:
        axes.plot(places[:, 2], places[:, 3], line, color=colour, linewidth=1)
    upper, lower = places[-1, :2], places[-1, 2:]
    rods = np.stack([(0, 0), upper, lower])
    axes.plot(rods[:, 0], rods[:, 1], line, color=colour, linewidth=2, label=label)
    axes.plot(*upper, "o", color=colour, markersize=8)
    axes.plot(*lower, "o", markerfacecolor="white", markeredgecolor=colour, markersize=10)
    axes.plot(0, 0, "s", color="black", markersize=5)
    axes.set(aspect="equal", xlim=(_LEFT, _RIGHT), ylim=(_BOTTOM, _TOP))
    axes.set_axis_off()


def dream_figure(truth, said, sights, *, names, step):
    """What was and what networks say, in time; grey from where nothing is seen any more.

    Args:
        truth: (timesteps, panels), one panel for each quantity, at the moments of the sights.
        said: name to (timesteps, panels), what each network says.
        sights: (timesteps, 2), the first quantity as seen, and 1 where it is seen.
        names: one for each panel.
        step: seconds of one step.

    Returns:
        the figure.
    """
    truth, sights = np.asarray(truth), np.asarray(sights)
    seconds = step * np.arange(len(truth))
    lit = np.flatnonzero(sights[:, 1])
    figure, panels = plt.subplots(
        len(names), 1, figsize=(9, 1.6 * len(names) + 0.6), sharex=True, layout="constrained"
    )
    for place, (axes, name) in enumerate(zip(panels, names, strict=True)):
        axes.axvspan(seconds[lit[-1]] + step, seconds[-1], color="0.9", linewidth=0)
        axes.plot(seconds, truth[:, place], color="black", linestyle="-", label="what was")
        for number, (who, values) in enumerate(said.items()):
            axes.plot(
                seconds,
                np.asarray(values)[:, place],
                color=COLOURS[1 + number],
                linestyle=LINES[1 + number],
                label=who,
            )
        if place == 0:
            axes.plot(seconds[lit], sights[lit, 0], "o", color="black", markersize=4, label="seen")
        low, high = truth[:, place].min(), truth[:, place].max()
        axes.set(
            ylabel=name,
            xlim=(0, seconds[-1]),
            ylim=(1.6 * low - 0.6 * high, 1.6 * high - 0.6 * low),
        )
    panels[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2 + len(said))
    panels[-1].set_xlabel("seconds; grey is dark")
    return figure


def pair_figure(moments):
    """Two pendulums at several moments, side by side.

    Args:
        moments: title to (2, timesteps, 4), the places of both until then.

    Returns:
        the figure.
    """
    figure, row = plt.subplots(
        1, len(moments), figsize=(4 * len(moments), 3.2), layout="constrained"
    )
    for axes, (title, pair) in zip(row, moments.items(), strict=True):
        names = ("one pendulum", "another one")
        for places, name, colour, line in zip(pair, names, COLOURS[:2], LINES[:2], strict=True):
            draw_pendulum(axes, places, label=name, colour=colour, line=line)
        axes.set_title(title)
    row[-1].plot([], [], "-", color="black", linewidth=1, label="path of a lower ball")
    figure.legend(*row[-1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def wrong_figure(said, truth, *, dark, step):
    """How far from the truth networks are, in the course of time; grey where it is dark.

    Args:
        said: name to its networks' answers, each (sequences, timesteps, 4), places of two balls in metres.
        truth: (sequences, timesteps, 4).
        dark: how many of the last steps are dark.
        step: seconds of one step.

    Returns:
        the figure: the root mean square distance in centimetres, the mean of the networks; the upper ball
        on the left, the lower one on the right.
    """
    figure, row = plt.subplots(1, 2, figsize=(9, 3.2), sharex=True, layout="constrained")
    seconds = step * (np.arange(truth.shape[1]) - truth.shape[1] + dark + 1)
    for axes, ball, place in zip(row, ("upper ball", "lower ball"), (0, 2), strict=True):
        axes.axvspan(0, seconds[-1], color="0.9", linewidth=0)
        for (name, runs), colour, line in zip(said.items(), COLOURS, LINES, strict=False):
            each = [_distance(run - truth, place) for run in runs]
            axes.plot(seconds, np.mean(each, axis=0), line, color=colour, label=name)
        axes.set(xlabel="seconds since the lamp went out", title=ball)
        axes.set(xlim=(seconds[0], seconds[-1]), ylim=(0, None))
    row[0].set_ylabel("wrong by, cm")
    figure.legend(*row[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(said))
    return figure


def push_figure(dreams, pushed, truth, *, dark, step):
    """How wrong networks are in the dark, and what becomes of a push; a thin line for each network.

    Args:
        dreams: name to its networks' answers, each (sequences, timesteps, 4), places in metres.
        pushed: the same, where the first sight in the dark was moved.
        truth: (sequences, timesteps, 4).
        dark: how many of the last steps are dark.
        step: seconds of one step.

    Returns:
        the figure: on the left the root mean square distance of the lower ball from the truth, on the right
        that of the upper ball from where it is said to be without the push, both in centimetres.
    """
    figure, (wrong, moved) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    seconds, steps = step * np.arange(1, dark + 1), np.arange(1, dark + 1)
    for (name, plain), colour, line in zip(dreams.items(), COLOURS, LINES, strict=False):
        for number, (run, other) in enumerate(zip(plain, pushed[name], strict=True)):
            style = {"color": colour, "linestyle": line, "linewidth": 1}
            if number == 0:
                style["label"] = name
            wrong.plot(seconds, _distance(run - truth, 2)[-dark:], **style)
            moved.plot(steps, _distance(other - run, 0)[-dark:], **style)
    wrong.set(xlabel="seconds of dark", ylabel="lower ball wrong by, cm", ylim=(0, None))
    moved.set(xlabel="steps after a push", ylabel="upper ball moved by, cm", ylim=(0, None))
    figure.legend(*wrong.get_legend_handles_labels(), loc="outside lower center", ncols=len(dreams))
    return figure


def _distance(moves, place):
    """Root mean square length, in centimetres, of moves (sequences, timesteps, 4) of one ball."""
    return 100 * np.sqrt(np.square(moves[..., place : place + 2]).sum(axis=-1).mean(axis=0))


def filmstrip(truth, sights, *, at, step, said=None):
    """Pictures of a pendulum (grey) side by side, and of where a network takes it to be (orange).

    A ring marks a sight of the upper ball; the picture is grey once the light is out for good.

    Args:
        truth, said: (timesteps, 4), places of both balls, each one step after the sight of its row.
        sights: (timesteps, 3), x and y of the upper ball as seen, and 1 where it is seen.
        at: seconds of each picture, each at most one step before the last row's.
        step: seconds of one step.

    Returns:
        the figure.
    """
    truth, said, sights = _of_one_moment(truth, said, sights)
    last = np.flatnonzero(sights[:, 2])[-1]
    figure, row = plt.subplots(1, len(at), figsize=(1.9 * len(at), 1.6), layout="constrained")
    for axes, seconds in zip(np.atleast_1d(row), at, strict=True):
        t = round(seconds / step) - 1
        draw_pendulum(axes, truth[: t + 1], colour=_TRUTH, path=False)
        if said is not None:
            draw_pendulum(axes, said[: t + 1], colour=COLOURS[1], path=False)
        if sights[t, 2]:
            axes.plot(*sights[t, :2], "o", color="none", markeredgecolor="black", markersize=16)
        axes.set_axis_on()
        axes.spines[:].set_visible(True)
        axes.set(xticks=[], yticks=[], facecolor=_LIGHT if t <= last else _DARK)
        axes.set_title(f"{seconds:.2f} s", fontsize=10)
    return figure


def film(truth, said, sights, *, step):
    """A film of a pendulum (grey) and of where a network takes it to be (orange).

    A ring marks every sight of the upper ball; the background turns grey when the light goes out for good.
    A picture shows a sight, and what was said before it.

    Args:
        truth, said: (timesteps, 4), places of both balls, each one step after the sight of its row, in
            metres.
        sights: (timesteps, 3), x and y of the upper ball as seen, and 1 where it is seen.
        step: seconds of one step, the time for which a picture stands.

    Returns:
        the bytes of a GIF, for `IPython.display.Image`.
    """
    truth, said, sights = map(np.asarray, (truth, said, sights))
    if not truth.shape == said.shape == (len(sights), 4):
        raise ValueError(
            "Expected truth and said of shape (timesteps, 4) and as many sights. "
            f"Received shapes {truth.shape}, {said.shape} and {sights.shape}"
        )
    truth, said, sights = _of_one_moment(truth, said, sights)
    last, trail = np.flatnonzero(sights[:, 2])[-1], round(_TRAIL / step)
    pictures = []
    for t in range(len(truth)):
        picture = Image.new("RGB", _size(2), _LIGHT if t <= last else _DARK)
        draw = ImageDraw.Draw(picture)
        for places, colour in ((truth, _TRUTH), (said, COLOURS[1])):
            _draw_on(draw, places[max(0, t - trail) : t + 1], colour)
        if sights[t, 2]:
            _circle(draw, sights[t, :2], 13, outline="black", width=4)
        pictures.append(picture.resize(_size(1), Image.Resampling.LANCZOS))
    pictures = [picture.quantize(palette=_palette(), dither=0) for picture in pictures]
    file = BytesIO()
    pictures[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=round(1000 * step),
        loop=0,
    )
    return file.getvalue()


def _of_one_moment(truth, said, sights):
    """Rows that speak of the same moment: places are those of one step after a sight."""
    said = None if said is None else np.asarray(said)[:-1]
    return np.asarray(truth)[:-1], said, np.asarray(sights)[1:]


def _size(scale):
    return (
        round(scale * _PIXELS * (_RIGHT - _LEFT)),
        round(scale * _PIXELS * (_TOP - _BOTTOM)),
    )


def _palette():
    """The colours of a film and of the soft edges between them."""
    colours = [ImageColor.getrgb(_LIGHT), ImageColor.getrgb(_DARK)]
    for below in tuple(colours):
        for above in ("black", _TRUTH, COLOURS[1]):
            pair = np.array([below, ImageColor.getrgb(above)])
            colours += [
                tuple(np.average(pair, axis=0, weights=(3 - n, n)).astype(int)) for n in (1, 2, 3)
            ]
    palette = Image.new("P", (1, 1))
    palette.putpalette([int(level) for colour in colours for level in colour])
    return palette


def _pixels(places):
    """Pixels (..., 2) of places in a picture of twice the size."""
    return 2 * _PIXELS * (np.asarray(places) * (1, -1) + (-_LEFT, _TOP))


def _circle(draw, place, radius, **style):
    x, y = _pixels(place)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), **style)


def _draw_on(draw, places, colour):
    upper, lower = places[-1, :2], places[-1, 2:]
    if len(places) > 1:
        draw.line([tuple(p) for p in _pixels(places[:, 2:])], fill=colour, width=3)
    draw.line([tuple(p) for p in _pixels([(0, 0), upper, lower])], fill=colour, width=8)
    _circle(draw, upper, 15, fill=colour)
    _circle(draw, lower, 20, fill="white", outline=colour, width=7)
    _circle(draw, (0, 0), 9, fill="black")
