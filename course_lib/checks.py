"""Checks of arguments that more than one module makes, each with one wording of its error."""


def positive_integer(argument, value):
    """`value` as an int.

    Raises:
        ValueError: `value` is not an integer of at least 1; True and 2.0 are none.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
        raise ValueError(
            f"Expected `{argument}` to be a positive integer. Received: {argument}={value!r}"
        )
    return int(value)
