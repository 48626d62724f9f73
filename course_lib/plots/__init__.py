"""The look of the course's figures."""

from course_lib.plots.style import COLOURS, LINES, course_style, state_heatmap

__all__ = ["COLOURS", "LINES", "course_style", "state_heatmap"]
