"""The look of the course's figures."""

from course_lib.plots.alignments import AlignmentTable, attention_figure, length_figure
from course_lib.plots.bits import two_bits_figure
from course_lib.plots.ceilings import ceiling_figure
from course_lib.plots.contests import (
    contest_figure,
    display_figure,
    inside_figure,
    learning_figure,
    lock_figure,
)
from course_lib.plots.dated_logs import dated_figure, told_figure
from course_lib.plots.fits import fit_figure, leads_figure
from course_lib.plots.fixed_points import (
    cube_figure,
    predicted_figure,
    settling_figure,
    staircase_figure,
    switches_figure,
)
from course_lib.plots.forecasts import audit_figure, walk_forward_figure, window_figure
from course_lib.plots.gradients import (
    gradient_map,
    product_figure,
    spread_figure,
    terms_figure,
)
from course_lib.plots.letters import by_place, coloured_letters
from course_lib.plots.pendulums import (
    dream_figure,
    film,
    filmstrip,
    pair_figure,
    push_figure,
    wrong_figure,
)
from course_lib.plots.savings import savings_figure
from course_lib.plots.slopes import slopes_figure
from course_lib.plots.style import COLOURS, LINES, course_style, state_heatmap
from course_lib.plots.tables import (
    error_table,
    f1_table,
    interval_table,
    language_table,
    lead_table,
    rates_table,
    score_table,
    translation_table,
)
from course_lib.plots.text import (
    MarkedNames,
    coloured_names,
    coloured_sentences,
    coloured_words,
)
from course_lib.plots.word_vectors import deals_figure, labels_figure, parallelogram_figure

__all__ = [
    "COLOURS",
    "LINES",
    "AlignmentTable",
    "MarkedNames",
    "attention_figure",
    "audit_figure",
    "by_place",
    "ceiling_figure",
    "coloured_letters",
    "coloured_names",
    "coloured_sentences",
    "coloured_words",
    "contest_figure",
    "course_style",
    "cube_figure",
    "dated_figure",
    "deals_figure",
    "display_figure",
    "dream_figure",
    "error_table",
    "f1_table",
    "film",
    "filmstrip",
    "fit_figure",
    "gradient_map",
    "inside_figure",
    "interval_table",
    "labels_figure",
    "language_table",
    "lead_table",
    "leads_figure",
    "learning_figure",
    "length_figure",
    "lock_figure",
    "pair_figure",
    "parallelogram_figure",
    "predicted_figure",
    "product_figure",
    "push_figure",
    "rates_table",
    "savings_figure",
    "score_table",
    "settling_figure",
    "slopes_figure",
    "spread_figure",
    "staircase_figure",
    "state_heatmap",
    "switches_figure",
    "terms_figure",
    "told_figure",
    "translation_table",
    "two_bits_figure",
    "walk_forward_figure",
    "window_figure",
    "wrong_figure",
]
