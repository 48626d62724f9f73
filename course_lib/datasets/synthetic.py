"""Problems made of random numbers, in which only memory decides: as many examples as one asks for."""

import numpy as np

ADDING_NO_SKILL = 1 / 6
"""Mean squared error of whoever always answers 1 in `adding_problem`: twice a uniform number's 1/12."""

KEYS = (".", "M+", "MC", "MR")
"""The keys of `memory_keys`: none, add to the memory, clear the memory, show the memory."""


def adding_problem(sequences, timesteps, seed):
    """Numbers, two of them marked; the answer after the last step is the sum of the two.

    The marks stand in different halves, so that the first one waits half a sequence on average. Whoever
    always says 1, the mean of the sum, has the mean squared error 1/6 (`ADDING_NO_SKILL`). Whoever sees
    the numbers but not the marks has 1/6 (1 - 2/timesteps) at best.

    Order plays no part beyond the marks: the sum over all steps of number times mark is the answer. The
    problem measures how far a network's learning reaches, not whether it needs to be recurrent.

    Args:
        sequences: how many.
        timesteps: their length, at least 2.
        seed: a whole number, or a NumPy generator that is to go on.

    Returns:
        (inputs, sums): (sequences, timesteps, 2), a number from 0 to 1 and a mark 0 or 1 at each step, and
        (sequences, 1).

    Raises:
        ValueError: fewer than two time steps.

    Source: Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation 9(8),
    1735-1780, experiment 4; in the simpler form of Le, Q. V., Jaitly, N. and Hinton, G. E. (2015). A simple
    way to initialize recurrent networks of rectified linear units. arXiv:1504.00941.
    """
    if timesteps < 2:
        raise ValueError(f"Expected at least 2 time steps, one for each mark. Received {timesteps}")
    rng = np.random.default_rng(seed)
    inputs = np.zeros((sequences, timesteps, 2))
    inputs[:, :, 0] = rng.uniform(size=(sequences, timesteps))
    first = rng.integers(0, timesteps // 2, sequences)
    second = rng.integers(timesteps // 2, timesteps, sequences)
    rows = np.arange(sequences)
    inputs[rows, first, 1] = inputs[rows, second, 1] = 1
    return inputs, (inputs[rows, first, 0] + inputs[rows, second, 0])[:, None]


def memory_keys(sequences, timesteps, seed, *, often=(0.5, 0.2, 0.1, 0.2)):
    """A pocket calculator's memory: at every step a number and a key, and what the display must show.

        M+   add the number to the memory        MC   clear the memory
        MR   show the memory                     .    nothing; the number is to be ignored

    The display shows the memory at MR and 0 at every other step. The same keys in another order ask for
    another answer, so that no count of keys and numbers gives it.

    Args:
        sequences: how many.
        timesteps: their length.
        seed: a whole number, or a NumPy generator that is to go on.
        often: the probabilities of the keys, in the order of `KEYS`.

    Returns:
        (inputs, display): (sequences, timesteps, 4), the number from 0 to 1 and 0 or 1 for each of M+, MC
        and MR; and (sequences, timesteps, 1).
    """
    rng = np.random.default_rng(seed)
    key = rng.choice(len(KEYS), size=(sequences, timesteps), p=often)
    inputs = np.zeros((sequences, timesteps, 4))
    inputs[:, :, 0] = rng.uniform(size=(sequences, timesteps))
    inputs[:, :, 1:] = key[:, :, None] == np.arange(1, len(KEYS))
    return inputs, display_of(inputs)


def running_sums(sequences, timesteps, seed):
    """A sum that can be cleared: the calculator of `memory_keys` without MR, which shows its memory always.

    Args:
        sequences, timesteps, seed: as in `memory_keys`.

    Returns:
        (inputs, sums): (sequences, timesteps, 3), the number and 0 or 1 for each of add and clear; and
        (sequences, timesteps, 1).
    """
    inputs, _ = memory_keys(sequences, timesteps, seed)
    shown = inputs.copy()
    shown[:, :, 3] = 1
    return inputs[:, :, :3], display_of(shown)


def flip_flops(sequences, timesteps, bits, seed, *, often=0.15):
    """Switches: each input now and then gives a pulse, +1 or -1, and the answer is the last pulse of each.

    Every input gives a pulse at the first step, so that there is always a last one.

    Args:
        sequences: how many.
        timesteps: their length.
        bits: how many switches.
        seed: a whole number, or a NumPy generator that is to go on.
        often: the probability of a pulse at every later step, half of it for each sign.

    Returns:
        (pulses, held): both (sequences, timesteps, bits); pulses of -1, 0 and 1, what is held of -1 and 1.

    Raises:
        ValueError: a probability outside 0 to 1.

    Source: Sussillo, D. and Barak, O. (2013). Opening the black box: low-dimensional dynamics in
    high-dimensional recurrent neural networks. Neural Computation 25(3), 626-649: the 3-bit flip-flop.
    """
    if not 0 <= often <= 1:
        raise ValueError(f"Expected a probability from 0 to 1 as often. Received {often}")
    rng = np.random.default_rng(seed)
    pulses = rng.choice(
        [-1.0, 0.0, 1.0],
        p=[often / 2, 1 - often, often / 2],
        size=(sequences, timesteps, bits),
    )
    pulses[:, 0] = rng.choice([-1.0, 1.0], size=(sequences, bits))
    held = pulses.copy()
    for t in range(1, timesteps):
        held[:, t] = np.where(pulses[:, t] == 0, held[:, t - 1], pulses[:, t])
    return pulses, held


def switched(text, bits):
    """The pulses of `flip_flops` for a line such as "A+1,B-1 . . A-0.4 .", (1, timesteps, bits).

    Blanks part the steps, commas the pulses of one step; a dot is a step without a pulse.

    Raises:
        ValueError: a step that is no such thing, or a bit that is not there.
    """
    letters = "ABCDEFGH"[:bits]
    pulses = np.zeros((1, len(text.split()), bits))
    for t, step in enumerate(text.split()):
        for pulse in step.split(",") if step != "." else ():
            try:
                size = float(pulse[1:])
            except ValueError:
                size = np.nan
            if pulse[:1] not in letters or not np.isfinite(size):
                raise ValueError(
                    f"Expected a dot, or a bit ({', '.join(letters)}) and a size, such as 'A-0.4'. "
                    f"Received {step!r}"
                )
            pulses[0, t, letters.index(pulse[0])] = size
    return pulses


def display_of(inputs):
    """What a calculator's display shows, (sequences, timesteps, 1), for the inputs of `memory_keys`."""
    memory = np.zeros(len(inputs))
    display = np.zeros((*inputs.shape[:2], 1))
    for t in range(inputs.shape[1]):
        number, add, clear, show = inputs[:, t].T
        memory = (1 - clear) * memory + add * number
        display[:, t, 0] = show * memory
    return display


def lagged_keys(inputs):
    """What a memoryless rule may know at each step of `memory_keys`: all keys up to now, one by one.

    For each step back, from 0 to timesteps - 1: number times M+, M+ and MC, all times MR now; and MR now.
    Steps before the first are 0.

    Returns:
        (sequences * timesteps, 3 * timesteps + 1).
    """
    timesteps = inputs.shape[1]
    now = inputs[:, :, 3:]
    columns = [now]
    for back in range(timesteps):
        earlier = np.zeros_like(inputs)
        earlier[:, back:] = inputs[:, : timesteps - back]
        number, add, clear = earlier[:, :, :1], earlier[:, :, 1:2], earlier[:, :, 2:3]
        columns += [number * add * now, add * now, clear * now]
    return np.concatenate(columns, axis=2).reshape(-1, 3 * timesteps + 1)


def typed(text):
    """The inputs of `memory_keys` for a line such as "0.3 M+, 0.5 ., 0.2 M+, 0 MR", (1, timesteps, 4).

    Raises:
        ValueError: a step that is not a number from 0 to 1 and one of `KEYS`.
    """
    inputs = []
    for step in text.split(","):
        number, _, key = step.strip().partition(" ")
        try:
            value = float(number)
        except ValueError:
            value = np.nan
        if key.strip() not in KEYS or not 0 <= value <= 1:
            raise ValueError(
                f"Expected a number from 0 to 1 and a key ({', '.join(KEYS)}), such as '0.3 M+'. "
                f"Received {step.strip()!r}"
            )
        inputs.append([value, *(float(key.strip() == name) for name in KEYS[1:])])
    return np.array([inputs])
