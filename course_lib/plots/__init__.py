"""The look of the course's figures."""

from course_lib.plots.contests import contest_figure, display_figure
from course_lib.plots.letters import coloured_letters
from course_lib.plots.style import COLOURS, LINES, course_style, state_heatmap
from course_lib.plots.text import coloured_words, score_table

__all__ = [
    "COLOURS",
    "LINES",
    "coloured_letters",
    "coloured_words",
    "contest_figure",
    "course_style",
    "display_figure",
    "score_table",
    "state_heatmap",
]
