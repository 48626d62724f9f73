"""The problems made of random numbers: their answers, and what can be had without memory."""

from course_lib.datasets import (
    ADDING_NO_SKILL,
    KEYS,
    adding_problem,
    display_of,
    flip_flops,
    lagged_keys,
    memory_keys,
    running_sums,
    switched,
    typed,
)

import numpy as np
import pytest


def test_adding_problem_marks_one_number_in_each_half_and_asks_for_their_sum():
    inputs, sums = adding_problem(500, 11, seed=3)
    assert inputs.shape == (500, 11, 2) and sums.shape == (500, 1)
    assert (inputs[:, :5, 1].sum(axis=1) == 1).all() and (inputs[:, 5:, 1].sum(axis=1) == 1).all()
    np.testing.assert_allclose((inputs[:, :, 0] * inputs[:, :, 1]).sum(axis=1), sums[:, 0])
    assert set(np.flatnonzero(inputs[:, :, 1].sum(axis=0))) == set(range(11)), (
        "every step is marked"
    )


def test_errors_without_skill_and_without_marks():
    inputs, sums = adding_problem(100_000, 10, seed=0)
    assert np.mean((sums - 1) ** 2) == pytest.approx(ADDING_NO_SKILL, abs=0.002)
    halves = inputs[:, :5, 0].mean(axis=1) + inputs[:, 5:, 0].mean(axis=1)
    assert np.mean((sums[:, 0] - halves) ** 2) == pytest.approx((1 - 2 / 10) / 6, abs=0.002)


def test_adding_problem_needs_two_steps():
    with pytest.raises(ValueError, match=r"at least 2 time steps.*Received 1"):
        adding_problem(3, 1, seed=0)


@pytest.mark.parametrize("problem", [adding_problem, memory_keys])
def test_a_seed_repeats_and_a_generator_goes_on(problem):
    np.testing.assert_array_equal(problem(4, 6, 5)[0], problem(4, 6, 5)[0])
    rng = np.random.default_rng(5)
    first, second = problem(4, 6, rng)[0], problem(4, 6, rng)[0]
    assert not np.array_equal(first, second)


def test_memory_keys_at_a_calculator():
    line = "0.25 M+, 0.9 ., 0.5 M+, 0.1 MR, 0.3 ., 0.7 MC, 0.6 MR, 0.125 M+, 0 MR"
    display = display_of(typed(line))
    np.testing.assert_allclose(display[0, :, 0], [0, 0, 0, 0.75, 0, 0, 0, 0, 0.125])
    assert display.shape == (1, 9, 1)


def test_running_sums_add_and_clear():
    inputs, sums = running_sums(50, 20, seed=1)
    assert inputs.shape == (50, 20, 3) and sums.shape == (50, 20, 1)
    total = 0
    for (number, add, clear), shown in zip(inputs[3], sums[3, :, 0], strict=True):
        total = 0 if clear else total + add * number
        assert shown == pytest.approx(total)


def test_memory_keys_are_one_hot_and_as_often_as_asked():
    inputs, display = memory_keys(2000, 20, seed=1, often=(0.4, 0.3, 0.2, 0.1))
    keys = inputs[:, :, 1:]
    assert inputs.shape == (2000, 20, 4) and display.shape == (2000, 20, 1)
    assert set(np.unique(keys)) == {0, 1} and (keys.sum(axis=2) <= 1).all()
    np.testing.assert_allclose(keys.mean(axis=(0, 1)), [0.3, 0.2, 0.1], atol=0.01)
    assert (display[keys[:, :, 2] == 0] == 0).all(), "silent but at MR"
    np.testing.assert_array_equal(display, display_of(inputs))
    assert KEYS[1:] == ("M+", "MC", "MR")


def test_lagged_keys_look_back_at_recall_and_no_further_than_the_start():
    inputs = typed("0.5 M+, 0.25 M+, 0.9 MC, 0.1 MR")
    features = lagged_keys(inputs)
    assert features.shape == (4, 13)
    assert not features[:3].any(), "0 but at MR"
    now, back = features[3, 0], features[3, 1:].reshape(4, 3)
    assert now == 1
    np.testing.assert_array_equal(back, [[0, 0, 0], [0, 0, 1], [0.25, 1, 0], [0.5, 1, 0]])


@pytest.mark.parametrize("text", ["0.3 M-", "two M+", "0.3", "1.5 M+", "nan M+", "0.3 M+,, 0 MR"])
def test_what_is_no_step_is_refused(text):
    with pytest.raises(ValueError, match="Expected a number from 0 to 1 and a key"):
        typed(text)


def test_flip_flops_hold_the_last_pulse_of_each_bit():
    pulses, held = flip_flops(1000, 12, 3, seed=2, often=0.3)
    assert pulses.shape == held.shape == (1000, 12, 3)
    assert set(np.unique(pulses)) == {-1, 0, 1} and set(np.unique(held)) == {-1, 1}
    assert (pulses[:, 0] != 0).all(), "a pulse at the first step, so that there is a last one"
    assert np.mean(pulses[:, 1:] == 1) == pytest.approx(0.15, abs=0.01)
    assert np.mean(pulses[:, 1:] == -1) == pytest.approx(0.15, abs=0.01)
    for bit in range(3):
        last = 0
        for pulse, shown in zip(pulses[7, :, bit], held[7, :, bit], strict=True):
            last = pulse or last
            assert shown == last
    np.testing.assert_array_equal(flip_flops(4, 6, 2, 5)[0], flip_flops(4, 6, 2, 5)[0])


def test_flip_flops_need_a_probability():
    with pytest.raises(ValueError, match=r"probability from 0 to 1.*1\.5"):
        flip_flops(2, 3, 1, seed=0, often=1.5)


def test_switched_reads_pulses_of_any_size():
    pulses = switched("A+1,C-0.25 . B-1", 3)
    np.testing.assert_array_equal(pulses, [[[1, 0, -0.25], [0, 0, 0], [0, -1, 0]]])


@pytest.mark.parametrize("text", ["D+1", "A", "A+one", "A+1,,B+1", "+1", "A+nan", "a+1", "A+1;B+1"])
def test_switched_refuses_what_is_no_pulse(text):
    with pytest.raises(ValueError, match=r"Expected a dot, or a bit \(A, B, C\) and a size"):
        switched(text, 3)
