"""The look of the course's figures."""

from course_lib.plots.contests import contest_figure, display_figure
from course_lib.plots.gradients import bound_figure, gradient_map, terms_figure
from course_lib.plots.letters import by_place, coloured_letters
from course_lib.plots.style import COLOURS, LINES, course_style, state_heatmap
from course_lib.plots.tables import error_table, score_table
from course_lib.plots.text import coloured_words

__all__ = [
    "COLOURS",
    "LINES",
    "bound_figure",
    "by_place",
    "coloured_letters",
    "coloured_words",
    "contest_figure",
    "course_style",
    "display_figure",
    "error_table",
    "gradient_map",
    "score_table",
    "state_heatmap",
    "terms_figure",
]
