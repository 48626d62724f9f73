"""Checks of arguments that more than one module makes, each with one wording of its error.

A check takes shapes and the names of dtypes, never tensors, so that it serves NumPy and every backend.
"""


def positive_integer(argument, value):
    """`value` as an int.

    Raises:
        ValueError: `value` is not an integer of at least 1; True and 2.0 are none.

    >>> positive_integer("units", 8)
    8
    >>> positive_integer("units", 2.5)
    Traceback (most recent call last):
    ValueError: Expected `units` to be a positive integer. Received: units=2.5
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
        raise ValueError(
            f"Expected `{argument}` to be a positive integer. Received: {argument}={value!r}"
        )
    return int(value)


def one_of(argument, value, allowed):
    """`value`, which must be one of `allowed`.

    Raises:
        ValueError: it is not.

    >>> one_of("implementation", 7, (0, 1, 2))
    Traceback (most recent call last):
    ValueError: Expected `implementation` to be one of 0, 1, 2. Received: implementation=7
    """
    if not any(value is choice or value == choice for choice in allowed):
        choices = ", ".join(map(repr, allowed))
        raise ValueError(
            f"Expected `{argument}` to be one of {choices}. Received: {argument}={value!r}"
        )
    return value


def floating(dtype, owner):
    """Refuse inputs of an integer or boolean dtype: word ids belong in an Embedding, counts in a cast.

    Args:
        dtype: name of the dtype, "float32" or "int64".
        owner: who received the inputs, for the message.

    Raises:
        ValueError: `dtype` is no floating dtype.

    >>> floating("int32", "GRU")
    Traceback (most recent call last):
    ValueError: GRU expected floating-point inputs, received dtype int32. Send word ids through \
keras.layers.Embedding first, or cast numbers to float32.
    """
    if "float" not in dtype:
        raise ValueError(
            f"{owner} expected floating-point inputs, received dtype {dtype}. "
            "Send word ids through keras.layers.Embedding first, or cast numbers to float32."
        )


def shape(what, received, expected, axes, owner):
    """Refuse an array of another shape than expected; None, an unknown size, agrees with every size.

    Args:
        what: what the array is, for the message: "a mask".
        received, expected: the two shapes.
        axes: what the axes of `expected` mean: "(batch, time)".
        owner: who received the array, for the message.

    Raises:
        ValueError: another number of axes, or two known sizes that differ. An axis of size 1 is not
            stretched to fit.

    >>> shape("a mask", (3, 6), (3, 7), "(batch, time)", "GRU")
    Traceback (most recent call last):
    ValueError: GRU expected a mask of shape (batch, time) = (3, 7). Received shape (3, 6)
    """
    expected, received = tuple(expected), tuple(received)
    agree = len(received) == len(expected) and all(
        None in pair or pair[0] == pair[1] for pair in zip(expected, received, strict=True)
    )
    if not agree:
        raise ValueError(
            f"{owner} expected {what} of shape {axes} = {expected}. Received shape {received}"
        )
