"""The look of the course's figures."""

from course_lib.plots.contests import contest_figure, display_figure
from course_lib.plots.letters import coloured_letters
from course_lib.plots.style import COLOURS, LINES, course_style, state_heatmap

__all__ = [
    "COLOURS",
    "LINES",
    "coloured_letters",
    "contest_figure",
    "course_style",
    "display_figure",
    "state_heatmap",
]
