"""What people hand over made arrays of numbers and of rows, or an error that says what came."""

import numpy as np
import pandas as pd


def is_real(dtype):
    """Whether the values of this dtype, NumPy's or pandas's, are real numbers; True and False are not."""
    types = pd.api.types
    return types.is_numeric_dtype(dtype) and not (
        types.is_bool_dtype(dtype) or types.is_complex_dtype(dtype)
    )


def numbers(values):
    """The values as float64: True is 1, and what is missing or masked is NaN.

    Args:
        values: array, list, Series or DataFrame.

    Raises:
        ValueError: something else than real numbers, such as text, dates or objects.
    """
    if isinstance(values, pd.DataFrame):
        for column, dtype in zip(values.columns, values.dtypes, strict=True):
            _require_real(dtype, f" in column {column!r}")
        columns = [numbers(values.iloc[:, i]) for i in range(values.shape[1])]
        return np.column_stack(columns) if columns else np.empty(values.shape)
    if isinstance(values, (pd.Series, pd.Index)):
        _require_real(values.dtype)
        return values.to_numpy(dtype="float64", na_value=np.nan)
    array = np.asanyarray(values)
    _require_real(array.dtype)
    return np.ma.filled(array.astype("float64"), np.nan)


def _require_real(dtype, where=""):
    if not (is_real(dtype) or pd.api.types.is_bool_dtype(dtype)):
        raise ValueError(f"Expected numbers. Received values of type {dtype}{where}")


def finite(values):
    """`numbers`, none of them NaN or infinite.

    Raises:
        ValueError: as `numbers`, or a value that is not finite. The message names its row.
    """
    array = numbers(values)
    wrong = ~np.isfinite(array)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        labelled = isinstance(values, (pd.Series, pd.DataFrame))
        at = f" ({values.index[place[0]]})" if labelled else ""
        row = f" in row {place[0]}{at}" if place else ""
        raise ValueError(f"Expected finite values. Received {array[place]}{row}")
    return array


def rows(argument, values, count, *, once=False):
    """Row numbers as an integer array, (n,) with n >= 1.

    Args:
        values: integers from 0 to count - 1; or a mask, `count` booleans, True on the rows meant; or a
            slice.
        once: whether every row may come only once.

    Raises:
        ValueError: anything else. Negative numbers, which would count from the end, are refused, too.
    """
    if isinstance(values, slice):
        values = np.arange(count)[values]
    array = np.asarray(values)
    if array.dtype == bool and array.shape == (count,):
        array = np.flatnonzero(array)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"Expected `{argument}` as row numbers, integers of shape (n,), or as a mask of {count} "
            f"booleans. Received: {array.dtype} of shape {array.shape}. "
            "Of labels, such as dates, series.index.get_indexer(labels) makes row numbers"
        )
    if not array.size:
        raise ValueError(f"Expected at least one row in `{argument}`. Received none")
    outside = (array < 0) | (array >= count)
    if outside.any():
        raise ValueError(
            f"Expected `{argument}` as row numbers from 0 to {count - 1}. Received: "
            f"{array[outside][0]}. Of labels, such as years, series.index.get_indexer(labels) makes "
            "row numbers"
        )
    array = array.astype("int64")
    if once:
        different, times = np.unique(array, return_counts=True)
        if len(different) < len(array):
            raise ValueError(
                f"Expected every row once in `{argument}`. Received {different[times.argmax()]} "
                f"{times.max()} times"
            )
    return array


def require_same_times(**given):
    """Refuse pandas objects whose indices differ: as arrays, values of different times would meet.

    Raises:
        ValueError: two of those given have an index, and not the same. The message names the place.
    """
    labelled = {n: v.index for n, v in given.items() if isinstance(v, (pd.Series, pd.DataFrame))}
    (name, first), *others = labelled.items() or [("", None)]
    for other, index in others:
        if not index.equals(first):
            pairs = enumerate(zip(index, first, strict=False))
            at = next((f", {b} beside {a} in row {row}" for row, (a, b) in pairs if a != b), "")
            raise ValueError(
                f"Expected `{name}` and `{other}` to have the same times. Received different indices"
                f"{at}. Align them, or hand over their to_numpy()"
            )
