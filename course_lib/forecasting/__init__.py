"""Forecasting without fooling yourself: windows, splits, canaries for leaks, and scores with intervals.

One picture holds for the whole package. At the origin t a forecaster has read the values up to and
including t, and says what t+1 ... t+horizon will bring:

    values   ... t-history+1  ...  t | t+1 ... t+horizon ...
                 what is read        | what is forecast
"""

from course_lib.forecasting.baselines import drift, persistence
from course_lib.forecasting.canaries import Canary, corrupt_future, shift_by_one, shuffle_targets
from course_lib.forecasting.scores import (
    DieboldMariano,
    Interval,
    block_bootstrap,
    diebold_mariano,
    directional_accuracy,
    interval_coverage,
    pinball_losses,
    skill,
)
from course_lib.forecasting.windows import (
    TrainingScaler,
    Windows,
    check_series,
    hold_out,
    make_windows,
    walk_forward,
)

__all__ = [
    "Canary",
    "DieboldMariano",
    "Interval",
    "TrainingScaler",
    "Windows",
    "block_bootstrap",
    "check_series",
    "corrupt_future",
    "diebold_mariano",
    "directional_accuracy",
    "drift",
    "hold_out",
    "interval_coverage",
    "make_windows",
    "persistence",
    "pinball_losses",
    "shift_by_one",
    "shuffle_targets",
    "skill",
    "walk_forward",
]
