"""A double pendulum: its rods, the path of its lower ball, and where a network takes it to be."""

from io import BytesIO

from course_lib.plots.style import COLOURS, LINES

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw

_LEFT, _RIGHT, _BOTTOM, _TOP = -2.15, 2.15, -2.2, 0.6  # metres that a picture shows
_PIXELS = 90  # a metre in a film
_TRAIL = 1.0  # seconds of path in a film


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
        truth: (timesteps, panels), one panel for each quantity.
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


def film(truth, said, sights, *, step):
    """A film of a pendulum (grey) and of where a network takes it to be (orange).

    A ring marks every sight of the upper ball; the background turns grey when the light goes out for good.

    Args:
        truth, said: (timesteps, 4), places of both balls, in metres.
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
    last, trail = np.flatnonzero(sights[:, 2])[-1], round(_TRAIL / step)
    pictures = []
    for t in range(len(truth)):
        picture = Image.new("RGB", _size(2), "white" if t <= last else "#dcdcdc")
        draw = ImageDraw.Draw(picture)
        for places, colour in ((truth, "#8a8a8a"), (said, COLOURS[1])):
            _draw_on(draw, places[max(0, t - trail) : t + 1], colour)
        if sights[t, 2]:
            _circle(draw, sights[t, :2], 13, outline="black", width=4)
        pictures.append(picture.resize(_size(1), Image.Resampling.LANCZOS))
    palette = pictures[0].quantize(24)
    pictures = [picture.quantize(24, palette=palette, dither=0) for picture in pictures]
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


def _size(scale):
    return (
        round(scale * _PIXELS * (_RIGHT - _LEFT)),
        round(scale * _PIXELS * (_TOP - _BOTTOM)),
    )


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
