"""Appliances: the reader on lines made for it, then the real curves and what they turn out to hold."""

from course_lib.datasets import data_dir, load_power_curves
from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.power_curves import APPLIANCES, QUANTITIES, read_curves

import numpy as np
import pytest

HEAD = ["#A comment: 1,2:3", "@problemName toy", "@data"]
LINE = ",".join(["1.5", "-2"] * 730)


@pytest.fixture(scope="module")
def curves():
    return load_power_curves()


def test_lines_after_the_head_are_curves():
    read = read_curves([*HEAD, LINE + ":7\n", LINE + ":0\n"])
    assert read.values.shape == (2, 1460) and read.values.dtype == np.float32
    assert read.values[1, :3].tolist() == [1.5, -2.0, 1.5]
    assert read.labels.tolist() == [7, 0] and read.labels.dtype == np.int8
    assert len(read) == 2


def test_no_lines_are_no_curves():
    assert read_curves(HEAD).by_quantity.shape == (0, 365, 4)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (LINE, "a colon and a label, received '1.5,-2"),
        (LINE + ":kettle", "a colon and a label"),
        (LINE.replace("1.5", "?", 1) + ":1", "numbers, a colon"),
        (LINE + ",1:1", "1,460 finite numbers, received 1,461 of 1,461"),
        (LINE.replace("1.5", "nan", 1) + ":1", "1,460 finite numbers, received 1,459 of 1,460"),
        (LINE + ":10", r"a label 0\.\.9, received 10"),
        (LINE + ":-1", r"a label 0\.\.9, received -1"),
    ],
)
def test_other_lines_are_refused_by_number(line, complaint):
    with pytest.raises(DataError, match=f"power_curves line 5: expected .*{complaint}"):
        read_curves([*HEAD, LINE + ":1", line])


def test_the_published_split(curves):
    for part in (curves.train, curves.test):
        assert part.values.shape == (100, 1460) and part.values.dtype == np.float32
        assert np.bincount(part.labels).tolist() == [10] * 10
    assert len(np.unique(np.concatenate([curves.train.values, curves.test.values]), axis=0)) == 200
    assert len(curves.appliances) == len(set(curves.appliances)) == 10
    assert curves.appliances == APPLIANCES and curves.quantities == QUANTITIES


def test_values_are_those_of_the_file(curves):
    for split in ("train", "test"):
        text = (data_dir() / "power_curves" / f"{split}.ts").read_text(encoding="utf-8")
        table = text[text.index("@data") + 5 :].strip().replace(":", ",").splitlines()
        again = np.loadtxt(table, delimiter=",")
        part = getattr(curves, split)
        np.testing.assert_allclose(part.values, again[:, :-1], rtol=1e-7)
        assert part.labels.tolist() == again[:, -1].tolist()


def test_every_curve_is_standardized(curves):
    for part in (curves.train, curves.test):
        np.testing.assert_allclose(part.values.mean(axis=1), 0, atol=1e-6)
        np.testing.assert_allclose(part.values.std(axis=1), 1, atol=1e-6)


def test_quantities_take_turns(curves):
    view = curves.train.by_quantity
    assert np.shares_memory(view, curves.train.values)
    for quantity in range(4):
        np.testing.assert_array_equal(view[..., quantity], curves.train.values[:, quantity::4])
    steps = np.abs(np.diff(view, axis=1)).mean(axis=1)  # (curves, 4)
    voltage, real_power = QUANTITIES.index("voltage"), QUANTITIES.index("real power")
    assert steps[:, voltage].max() < 0.02 < steps[:, real_power].max()


def watts(curve):
    """The largest real power, and the error of P^2 + Q^2 = (V I)^2 as a share of the largest V I.

    Mains are taken for 230 volts, the zero of the scale for where the law fits best.
    """
    volts = curve[:, QUANTITIES.index("voltage")]
    lowest = min(curve[:, QUANTITIES.index(name)].min() for name in ("real power", "current"))
    zeros = np.linspace(lowest - 0.8, lowest + 0.02, 800)[:, None, None]
    scaled = (curve - zeros) * (230 / (np.median(volts) - zeros))  # (zeros, 365, 4)
    named = dict(zip(QUANTITIES, np.moveaxis(scaled, -1, 0), strict=True))
    reactive, real, volts, amperes = (
        named[name] for name in ("reactive power", "real power", "voltage", "current")
    )
    power = np.abs(volts * amperes)
    errors = np.sqrt(np.square(np.hypot(reactive, real) - power).mean(axis=1))
    best = errors.argmin()
    return real[best].max(), errors[best] / power[best].max()


def test_the_numbers_are_what_appliances_draw(curves):
    most, errors = np.array([watts(c.astype(float)) for c in curves.train.by_quantity]).T
    assert np.median(errors[most > 50]) < 0.05  # weaker ones draw less than the meter's steps
    largest = {
        name: float(np.median(most[curves.train.labels == label]))
        for label, name in enumerate(APPLIANCES)
    }
    assert largest["mobile phone (charger)"] < 10
    assert 10 < largest["lamp (compact fluorescent)"] < 30
    assert 30 < largest["laptop (charger)"] < 100
    assert 50 < largest["television"] < 200
    assert 50 < largest["fridge or freezer"] < 200
    assert 80 < largest["computer station"] < 250
    assert 800 < largest["coffee machine"] < 1500
    assert 800 < largest["microwave oven"] < 1500


def test_classes_come_in_the_order_of_the_list_in_the_header(curves):
    text = (data_dir() / "power_curves" / "train.ts").read_text(encoding="utf-8")
    listed = text[text.index("home appliances: ") :].splitlines()[0]
    keys = dict.fromkeys(curves.train.labels.tolist())
    words = [APPLIANCES[label].split()[0].lower() for label in keys]
    places = [listed.lower().index(word) for word in words]
    assert places == sorted(places)


def test_a_row_of_test_resembles_the_same_row_of_train(curves):
    train, test = (
        np.concatenate([part.by_quantity.mean(axis=1), part.by_quantity.std(axis=1)], axis=1)
        for part in (curves.train, curves.test)
    )
    nearest = np.linalg.norm(test[:, None] - train, axis=-1).argmin(axis=1)
    assert (nearest == np.arange(100)).mean() > 0.4  # 0.01 by chance
    assert (curves.train.labels[nearest] == curves.test.labels).mean() > 0.8
    raw = np.linalg.norm(curves.test.values[:, None] - curves.train.values, axis=-1).argmin(axis=1)
    assert round((curves.train.labels[raw] == curves.test.labels).mean(), 2) == 0.54
