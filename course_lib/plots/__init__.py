"""The look of the course's figures."""

from course_lib.plots.letters import coloured_letters
from course_lib.plots.style import COLOURS, LINES, course_style, state_heatmap

__all__ = ["COLOURS", "LINES", "coloured_letters", "course_style", "state_heatmap"]
