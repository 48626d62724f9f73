"""Forecasting without fooling yourself: windows, splits, canaries for leaks, and scores with intervals.

One picture holds for the whole package. At the origin t a forecaster has read the values up to and
including t, and says what t+1 ... t+horizon will bring:

    values   ... t-history+1  ...  t | t+1 ... t+horizon ...
                 what is read        | what is forecast
"""

from course_lib.forecasting.auditing import Audit, audit
from course_lib.forecasting.baselines import drift, persistence
from course_lib.forecasting.canaries import (
    Canary,
    corrupt_future,
    shift_by_one,
    shuffle_days,
    shuffle_targets,
)
from course_lib.forecasting.prices import check_prices, read_prices
from course_lib.forecasting.scores import (
    ClarkWest,
    DieboldMariano,
    Interval,
    block_bootstrap,
    clark_west,
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
    "Audit",
    "Canary",
    "ClarkWest",
    "DieboldMariano",
    "Interval",
    "TrainingScaler",
    "Windows",
    "audit",
    "block_bootstrap",
    "check_prices",
    "check_series",
    "clark_west",
    "corrupt_future",
    "diebold_mariano",
    "directional_accuracy",
    "drift",
    "hold_out",
    "interval_coverage",
    "make_windows",
    "persistence",
    "pinball_losses",
    "read_prices",
    "shift_by_one",
    "shuffle_days",
    "shuffle_targets",
    "skill",
    "walk_forward",
]
