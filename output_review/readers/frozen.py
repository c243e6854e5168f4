"""What a pickle says, as plain data: nothing of it is looked up, called or made.

A value is None, a bool, int, float, complex, str or bytes, a list or tuple of values, or one of the classes here.
Containers may contain themselves; `walk` meets each once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Value = Any
_LONGEST_PATH, _LONGEST_STEP = 200, 80  # characters


@dataclass(eq=False, slots=True)
class Global:
    """A class or function that loading would import."""

    module: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True)
class Pairs:
    """A dict: its keys need not be hashable here, and one key may come twice."""

    pairs: list[tuple[Value, Value]] = field(default_factory=list)

    def get(self, key: str) -> Value:
        """The last value under a text, None if there is none."""
        return next((value for name, value in reversed(self.pairs) if isinstance(name, str) and name == key), None)


@dataclass(eq=False, slots=True)
class Members:
    """A set or frozenset."""

    items: list[Value] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Array:
    """A NumPy array. `data` has no objects in it; an array of Python objects has its elements in `objects`, in C
    order, instead. Both are None for an array that the file names and does not fill. `of` is its class."""

    of: str = "numpy.ndarray"
    dtype: str = ""
    shape: tuple[int, ...] = ()
    data: "np.ndarray[Any, Any] | None" = None
    objects: list[Value] | None = None


@dataclass(eq=False, slots=True)
class Stub:
    """What loading would make by calling `of` with `arguments`, then give `state`, `items` and `pairs`."""

    of: Value
    arguments: Value = ()
    state: Value = None
    items: list[Value] = field(default_factory=list)
    pairs: list[tuple[Value, Value]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The class or function's full name, or what stands in its place."""
        return self.of.path if isinstance(self.of, Global) else f"({type(self.of).__name__})"

    @property
    def attributes(self) -> Pairs:
        """The state by names: of a dict, or of a pair of dicts as objects with slots have it."""
        parts = self.state if isinstance(self.state, tuple) else (self.state,)
        return Pairs([pair for part in parts if isinstance(part, Pairs) for pair in part.pairs])


@dataclass(frozen=True)
class Frozen:
    """A file that was read to its end. `objects`: one for each pickle or array in it; `globals`: every name that
    loading would import, once each, in their order; `called`: those of them that loading would call."""

    objects: tuple[Value, ...]
    globals: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    packed: str = ""
    notes: tuple[str, ...] = ()


def walk(value: Value) -> Iterator[tuple[str, Value]]:
    """Each value below `value` and itself, with its path (`.coef_`, `[0]`, `['name']`), parents first."""
    waiting: list[tuple[str, Value]] = [("", value)]
    met: set[int] = set()
    while waiting:
        path, one = waiting.pop()
        if isinstance(one, (list, tuple, Pairs, Members, Array, Stub)):
            if id(one) in met:
                continue
            met.add(id(one))
        yield path, one
        waiting += [(joined(path, step), inner) for step, inner in reversed(list(children(one)))]


def joined(path: str, step: str) -> str:
    """Bounded: a hostile file nests a million deep."""
    return f"{path[:_LONGEST_PATH]}…" if len(path) > _LONGEST_PATH else path + step[:_LONGEST_STEP]


def children(value: Value) -> Iterator[tuple[str, Value]]:
    """The values directly inside, each with its step."""
    if isinstance(value, (list, tuple)):
        yield from _numbered(value)
    elif isinstance(value, Members):
        yield from _numbered(value.items)
    elif isinstance(value, Pairs):
        yield from _keyed(value.pairs)
    elif isinstance(value, Array) and value.objects is not None:
        yield from _numbered(value.objects)
    elif isinstance(value, Stub):
        yield from _inside(value)


def _inside(stub: Stub) -> Iterator[tuple[str, Value]]:
    if not isinstance(stub.of, Global):
        yield ".()", stub.of
    arguments = stub.arguments if isinstance(stub.arguments, (list, tuple)) else [stub.arguments]
    yield from ((f"({index})", argument) for index, argument in enumerate(arguments))
    named = stub.attributes.pairs
    for key, value in named:
        yield (f".{key}" if isinstance(key, str) else "[…]"), value
    if stub.state is not None and not isinstance(stub.state, Pairs):
        rest = stub.state if isinstance(stub.state, tuple) else (stub.state,)
        yield from ((".state", part) for part in rest if not isinstance(part, Pairs) and part is not None)
    yield from _numbered(stub.items)
    yield from _keyed(stub.pairs)


def _numbered(items: Any) -> Iterator[tuple[str, Value]]:
    return ((f"[{index}]", item) for index, item in enumerate(items))


def _keyed(pairs: list[tuple[Value, Value]]) -> Iterator[tuple[str, Value]]:
    for key, value in pairs:
        plain = key is None or isinstance(key, (str, bool, float)) or (isinstance(key, int) and abs(key) < 10**18)
        if not plain:
            yield ".key", key
        yield (f"[{key!r}]" if plain else "[…]"), value
