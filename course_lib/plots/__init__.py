"""The look of the course's figures."""

from course_lib.plots.style import COLOURS, LINES, course_style, state_heatmap
from course_lib.plots.text import coloured_words, score_table

__all__ = ["COLOURS", "LINES", "coloured_words", "course_style", "score_table", "state_heatmap"]
