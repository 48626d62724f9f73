"""ACS-F1: what household appliances draw from the socket, an hour each."""

from collections.abc import Iterable
from dataclasses import dataclass

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.store import expect_count, require

import numpy as np

APPLIANCES = (
    "fridge or freezer",
    "television",
    "laptop (charger)",
    "coffee machine",
    "computer station",
    "lamp (compact fluorescent)",
    "hi-fi system",
    "printer",
    "microwave oven",
    "mobile phone (charger)",
)
"""The ten classes: `APPLIANCES[label]`. The file numbers them only; see `load_power_curves`."""

QUANTITIES = ("reactive power", "real power", "voltage", "current")
"""What the steps of a curve hold in turn: step t is of `QUANTITIES[t % 4]`; see `load_power_curves`."""

_STEPS = 1460


@dataclass(frozen=True)
class Curves:
    """Curves and the kind of appliance that each belongs to.

    Attributes:
        values: float32, (curves, 1460), each row of mean 0 and standard deviation 1.
        labels: int8, (curves,), 0 to 9.
    """

    values: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def by_quantity(self) -> np.ndarray:
        """The same numbers as four measurements every ten seconds: a view, (curves, 365, 4)."""
        return self.values.reshape(-1, _STEPS // len(QUANTITIES), len(QUANTITIES))


@dataclass(frozen=True)
class PowerCurves:
    """The published split: `train` and `test`, each `Curves`, ten of each class."""

    train: Curves
    test: Curves
    appliances: tuple[str, ...] = APPLIANCES
    quantities: tuple[str, ...] = QUANTITIES


def load_power_curves() -> PowerCurves:
    """The ACSF1 curves: 100 to train on, 100 to test on, 1,460 steps, ten kinds of appliance.

    A curve is not one quantity over 1,460 moments. It is four quantities over 365 moments, ten seconds
    apart (one hour), laid out one after the other:

        reactive power, real power, voltage, current, reactive power, real power, ...

    and all 1,460 numbers were shifted and scaled together. The file does not say so; the numbers do.
    Every fourth one hardly moves, as mains voltage would. With its level taken for 230 volts, the
    other three obey P^2 + Q^2 = (V I)^2 to a few per cent, and the classes, in the order of the file,
    draw what the appliances draw that its header lists. `QUANTITIES` and `APPLIANCES` rest on this.

    Row i of train and row i of test look like two sessions of the same appliance.

    Returns:
        A `PowerCurves` with `.train` and `.test`, each with `.values` (100, 1460) and `.labels` (100,),
        in the published order, which is sorted by class.

    Raises:
        MissingDataError: if it has not been fetched (`course data fetch power_curves`).
        DamagedDataError: if a file is not the published one.
        DataError: if a line is not as described above.

    Source: Gisler, Ridi, Zufferey, Khaled and Hennebert (2013), Appliance Consumption Signature Database
    and Recognition Test Protocols, WoSSPA.
    """
    source, folder = require("power_curves")
    splits = {}
    for split in ("train", "test"):
        with (folder / f"{split}.ts").open(encoding="utf-8") as lines:
            splits[split] = read_curves(lines)
        expect_count(source, f"{split}_curves", len(splits[split]))
    return PowerCurves(**splits)


def read_curves(lines: Iterable[str]) -> Curves:
    """Curves from the lines of a .ts file: after "@data", "number,number,...:label" a line.

    Raises:
        DataError: naming the line, if it has other than 1,460 finite numbers and one of ten labels.
    """
    values, labels = [], []
    numbered = enumerate(lines, start=1)
    for _, line in numbered:
        if line.strip().lower() == "@data":
            break
    for number, line in numbered:
        numbers, _, label = line.strip().rpartition(":")
        try:
            row, kind = np.array(numbers.split(","), dtype=np.float32), int(label)
        except ValueError as error:
            raise DataError(
                f"power_curves line {number}: expected numbers, a colon and a label, received "
                f"{line.strip()[:40]!r}"
            ) from error
        if row.shape != (_STEPS,) or not np.isfinite(row).all():
            raise DataError(
                f"power_curves line {number}: expected {_STEPS:,} finite numbers, received "
                f"{np.isfinite(row).sum():,} of {row.size:,}"
            )
        if not 0 <= kind < len(APPLIANCES):
            raise DataError(f"power_curves line {number}: expected a label 0..9, received {kind}")
        values.append(row)
        labels.append(kind)
    return Curves(
        values=np.array(values, dtype=np.float32).reshape(-1, _STEPS),
        labels=np.array(labels, dtype=np.int8),
    )
