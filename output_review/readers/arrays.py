"""NumPy arrays from their plain parts: `.npy` files, and what NumPy's and joblib's pickles say of one.

Forms: `numpy/_core/src/multiarray/methods.c` (`__reduce__`, `__setstate__` of arrays and dtypes, versions 1 to 4),
`numpy/_core/numeric.py` (`_frombuffer`), `joblib/numpy_pickle.py` (`NumpyArrayWrapper`). Arrays of Python objects
are never made: the objects stay values of `frozen`.
"""

import math
import re
from typing import Any

import numpy as np

from output_review.readers.frozen import Array, Global, Stub, Value
from output_review.readers.source import Source
from output_review.readers.unreadable import Unreadable

DType = np.dtype[Any]
_CODE = re.compile(
    r"[<>|=]?[?bBhHiIlLqQefdgFDGSaUVmMOc](\d{0,6})(\[[0-9a-zA-Z/]{1,20}\])?|[<>|=]?[biufcSUVmMO]\d{1,9}"
)
_MOST_FIELDS, _MOST_DIMENSIONS, _MOST_EMPTY = 1000, 32, 10**6
_WRONG = "It holds an array whose description makes no sense"
MAGIC = b"\x93NUMPY"


def dtype_of(value: Value) -> DType:
    """The type that a `numpy.dtype(...)` in a pickle describes; raise `Unreadable` if it is none."""
    try:
        return _dtype_of(value, 0)
    except (TypeError, ValueError, IndexError, AttributeError, OverflowError, MemoryError) as error:
        raise Unreadable(f"{_WRONG}: {type(error).__name__}.") from error


def _dtype_of(value: Value, depth: int) -> DType:
    if isinstance(value, str):
        return _from_code(value)
    if not isinstance(value, Stub) or not value.arguments or depth > 8:
        raise TypeError
    code = value.arguments[0]
    state = value.state if isinstance(value.state, tuple) else (3, "=", None, None, None)
    order, subarray, names, fields = state[1:5]
    if subarray is not None:
        return np.dtype((_dtype_of(subarray[0], depth + 1), _shape(subarray[1])))
    if names is not None:
        return _structured(names, fields, int(state[5]), depth)
    if code in ("M8", "m8") and len(state) > 8 and state[8]:
        unit, count = state[8][-1][:2]
        text = unit.decode("ascii") if isinstance(unit, bytes) else str(unit)
        return _from_code(f"{code}[{int(count)}{text}]" if text != "generic" else code).newbyteorder(order)
    found = _from_code(code)
    return found if found.itemsize == 0 or order in ("|", None) else found.newbyteorder(order)


def _from_code(code: str) -> DType:
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise TypeError
    return np.dtype(code)


def _structured(names: Value, fields: Value, size: int, depth: int) -> DType:
    if len(names) > _MOST_FIELDS:
        raise ValueError
    found = [fields.get(name) for name in names]
    return np.dtype(
        {
            "names": [str(name) for name in names],
            "formats": [_dtype_of(one[0], depth + 1) for one in found],
            "offsets": [int(one[1]) for one in found],
            "itemsize": size,
        }
    )


def _shape(value: Value) -> tuple[int, ...]:
    sizes = value if isinstance(value, tuple) else (value,)
    if len(sizes) > _MOST_DIMENSIONS or not all(isinstance(n, int) and 0 <= n < 2**48 for n in sizes):
        raise ValueError
    return tuple(int(n) for n in sizes)


def fill_from_state(array: Array, state: Value) -> None:
    """Give an array its state as NumPy's `__setstate__` takes it: (version, shape, dtype, fortran, data), without
    the version in old files; a masked array's goes on with the mask, and `data` holds what the mask hides."""
    if not isinstance(state, tuple) or len(state) not in (4, 5, 7):
        raise Unreadable(f"{_WRONG}.")
    shape, dtype, fortran, data = state[:4] if len(state) == 4 else state[1:5]
    _fill(array, dtype_of(dtype), shape, "F" if fortran else "C", data)


def from_buffer(arguments: Value) -> Array:
    """`numpy._core.numeric._frombuffer(data, dtype, shape, order)`."""
    array = Array()
    if not isinstance(arguments, tuple) or len(arguments) < 4:
        raise Unreadable(f"{_WRONG}.")
    data, dtype, shape, order = arguments[:4]
    _fill(array, dtype_of(dtype), shape, str(order), data)
    return array


def scalar(arguments: Value) -> Value:
    """`numpy._core.multiarray.scalar(dtype, data)`: the plain value if Python has it, otherwise an array of one."""
    array = Array()
    if not isinstance(arguments, tuple) or len(arguments) != 2:
        raise Unreadable(f"{_WRONG}.")
    _fill(array, dtype_of(arguments[0]), (), "C", arguments[1])
    if array.data is None:
        return array
    value = array.data.item()
    plain = isinstance(value, (bool, int, float, complex, str, bytes)) and array.data.dtype.kind not in "mM"
    return value if plain else array


def _fill(array: Array, dtype: DType, shape: Value, order: str, data: Value) -> None:
    try:
        array.dtype, array.shape = str(dtype), _shape(shape)
        count = math.prod(array.shape)
        if dtype.hasobject:
            array.objects = list(data) if isinstance(data, (list, tuple)) else [data]
            return
        kept = data.encode("latin-1") if isinstance(data, str) else data
        if len(kept) != count * dtype.itemsize or (not dtype.itemsize and count > _MOST_EMPTY):
            raise ValueError
        flat = np.frombuffer(kept, dtype, count) if kept else np.zeros(count, dtype)
        array.data = _shaped(flat, array.shape, order)
    except (TypeError, ValueError, OverflowError, MemoryError, AttributeError) as error:
        raise Unreadable(f"{_WRONG}: {type(error).__name__}.") from error


def _shaped(flat: "np.ndarray[Any, Any]", shape: tuple[int, ...], order: str) -> "np.ndarray[Any, Any]":
    return flat.reshape(shape[::-1]).T if order == "F" else flat.reshape(shape)


def is_wrapper(value: Value) -> bool:
    """Whether this is joblib's note that an array's bytes follow in the file."""
    return (
        isinstance(value, Stub)
        and isinstance(value.of, Global)
        and value.of.name == "NumpyArrayWrapper"
        and value.of.module.endswith("joblib.numpy_pickle")
    )


def wrapped_dtype(wrapper: Stub) -> DType:
    """The type of the array that a wrapper announces."""
    return dtype_of(wrapper.attributes.get("dtype"))


def read_wrapped(source: Source, wrapper: Stub) -> Array:
    """The array whose bytes stand in the file right behind its wrapper (not one of objects: those are pickled)."""
    said = wrapper.attributes
    if said.get("numpy_array_alignment_bytes") is not None:
        _exactly(source, _exactly(source, 1)[0])
    of = said.get("subclass")
    array = Array(of.path if isinstance(of, Global) else "numpy.ndarray")
    _follow(source, array, wrapped_dtype(wrapper), said.get("shape"), str(said.get("order")))
    return array


def read_npy(source: Source) -> tuple[Array, bool]:
    """A `.npy` file (NumPy's `lib/format.py`, versions 1 to 3), and whether its objects follow as a pickle."""
    try:
        version = np.lib.format.read_magic(source)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(source)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise Unreadable(f"Its NumPy header is damaged: {type(error).__name__}.") from error
    array = Array()
    if dtype.hasobject:
        array.dtype, array.shape = str(dtype), shape
        return array, True
    _follow(source, array, dtype, shape, "F" if fortran else "C")
    return array, False


def _follow(source: Source, array: Array, dtype: DType, shape: Value, order: str) -> None:
    try:
        size = math.prod(_shape(shape)) * dtype.itemsize
    except (TypeError, ValueError) as error:
        raise Unreadable(f"{_WRONG}: {type(error).__name__}.") from error
    _fill(array, dtype, shape, order, _exactly(source, size))


def _exactly(source: Source, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise Unreadable("It breaks off within an array.")
    return data
