"""The look of the course's figures."""

from course_lib.plots.contests import contest_figure, display_figure, inside_figure
from course_lib.plots.gradients import bound_figure, gradient_map, terms_figure
from course_lib.plots.letters import coloured_letters
from course_lib.plots.style import COLOURS, LINES, course_style, state_heatmap
from course_lib.plots.tables import error_table, score_table
from course_lib.plots.text import coloured_words

__all__ = [
    "COLOURS",
    "LINES",
    "bound_figure",
    "coloured_letters",
    "coloured_words",
    "contest_figure",
    "course_style",
    "display_figure",
    "error_table",
    "gradient_map",
    "inside_figure",
    "score_table",
    "state_heatmap",
    "terms_figure",
]
