"""An inert pickle machine: every opcode of every protocol, and none of them imports, calls or makes anything.

Opcodes and their arguments: the standard library's `pickletools`. joblib writes an array's bytes into the stream
behind the opcode that ends its wrapper; they are read there.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from output_review.readers import arrays
from output_review.readers.frozen import Array, Global, Members, Pairs, Stub, Value
from output_review.readers.source import Source
from output_review.readers.unreadable import Unreadable


@dataclass(frozen=True)
class Limits:
    """`bytes` read or decompressed; `steps`: opcodes, each of which makes at most one value."""

    bytes: int = 256 * 1024**2
    steps: int = 2_000_000


LIMITS = Limits()
# What a damaged or hostile stream makes the machine, which checks no opcode's operands beforehand, stumble over.
ERRORS = (IndexError, KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)
_DEEPEST = 20  # pickles within pickles


class Reading:
    """What the pickles of one file share: the count of steps, and the names met."""

    def __init__(self, limits: Limits) -> None:
        self._left = self._most = limits.steps
        self._globals: dict[tuple[str, str], Global] = {}
        self._called: set[str] = set()

    def step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Unreadable(f"It is a pickle of more than {self._most:,} steps: not read.")

    def named(self, module: Value, name: Value) -> Global:
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError
        return self._globals.setdefault((module, name), Global(module, name))

    def call(self, of: Value, arguments: Value) -> Value:
        """What calling `of` would give."""
        if isinstance(of, Global):
            self._called.add(of.path)
        return _made(of, arguments)

    @property
    def globals(self) -> list[str]:
        return list(dict.fromkeys(one.path for one in self._globals.values()))

    @property
    def called(self) -> list[str]:
        return sorted(self._called)


class Machine:
    """One pickle's stack, the stacks below its open marks, and its memo."""

    def __init__(self, source: Source, reading: Reading, depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise Unreadable(f"More than {_DEEPEST} pickles stand within each other: not read.")
        self.source, self.reading, self.depth = source, reading, depth
        self.stack: list[Value] = []
        self.below: list[list[Value]] = []
        self.memo: dict[int, Value] = {}

    def run(self) -> Value:
        """Work through the opcodes up to STOP; return the one value that the pickle is of."""
        for opcode, argument, _ in pickletools.genops(cast(BinaryIO, self.source)):
            self.reading.step()
            name = opcode.name
            if name in _PUSHES:
                self.stack.append(argument)
            elif name in _DOES:
                _DOES[name](self, argument)
            elif name != "STOP" and name not in _NOTHING:
                raise Unreadable(f"It is a pickle with parts outside of the file ({name}).")
        (value,) = self.stack
        if self.below:
            raise ValueError
        return value

    def marked(self) -> list[Value]:
        """What lies above the last mark; the mark is gone."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def push(self, value: Value) -> None:
        # Not `self.stack.append(...)`: taking what is marked changes which stack that is.
        self.stack.append(value)

    def pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.forget()

    def forget(self) -> None:
        self.marked()

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def tuple_of(self, count: int) -> None:
        items = [self.stack.pop() for _ in range(count)]
        self.stack.append(tuple(reversed(items)))

    def extend(self, items: list[Value]) -> None:
        top = self.stack[-1]
        (top.items if isinstance(top, (Stub, Members)) else _own_list(top)).extend(items)

    def set(self, items: list[Value]) -> None:
        self.stack[-1].pairs.extend(_paired(items))

    def call(self, arguments: Value, named: Value = None) -> None:
        of = self.stack.pop()
        given = arguments if named is None else (*arguments, named)
        self.stack.append(self.reading.call(of, given))

    def call_marked(self) -> None:
        of, *arguments = self.marked()
        self.stack.append(self.reading.call(of, tuple(arguments)))

    def instance(self, module: str, name: str) -> None:
        arguments = tuple(self.marked())
        self.stack.append(self.reading.call(self.reading.named(module, name), arguments))

    def build(self, state: Value) -> None:
        top = self.stack[-1]
        if isinstance(top, Array):
            arrays.fill_from_state(top, state)
            return
        top.state = state if top.state is None else (top.state, state)
        if arrays.is_wrapper(top):
            self.stack[-1] = self._behind(top)

    def _behind(self, wrapper: Stub) -> Value:
        """The array that joblib wrote into the stream here."""
        if arrays.wrapped_dtype(wrapper).hasobject:
            return Machine(self.source, self.reading, self.depth + 1).run()
        return arrays.read_wrapped(self.source, wrapper)


def _own_list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _paired(items: list[Value]) -> list[tuple[Value, Value]]:
    return list(zip(items[::2], items[1::2], strict=True))


def _split(argument: str) -> tuple[str, str]:
    module, _, name = argument.partition(" ")
    return module, name


_PUSHES = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "STRING", "BINSTRING", "SHORT_BINSTRING",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE",
    "BINUNICODE8", "FLOAT", "BINFLOAT",
))  # fmt: skip
_NOTHING = frozenset(("PROTO", "FRAME", "READONLY_BUFFER"))
_PERSISTENT = Global("pickle", "persistent_id")
_EXTENSIONS = ("EXT1", "EXT2", "EXT4")
# An opcode without a line here, and not among the two above, is refused.
_DOES: dict[str, Callable[[Machine, Any], None]] = {
    "NONE": lambda m, _: m.stack.append(None),
    "NEWTRUE": lambda m, _: m.stack.append(True),
    "NEWFALSE": lambda m, _: m.stack.append(False),
    "EMPTY_LIST": lambda m, _: m.stack.append([]),
    "EMPTY_TUPLE": lambda m, _: m.stack.append(()),
    "EMPTY_DICT": lambda m, _: m.stack.append(Pairs()),
    "EMPTY_SET": lambda m, _: m.stack.append(Members()),
    "MARK": lambda m, _: m.mark(),
    "MEMOIZE": lambda m, _: m.put(len(m.memo)),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), lambda m, index: m.put(index)),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda m, index: m.stack.append(m.memo[index])),
    "POP": lambda m, _: m.pop(),
    "POP_MARK": lambda m, _: m.forget(),
    "DUP": lambda m, _: m.stack.append(m.stack[-1]),
    "TUPLE1": lambda m, _: m.tuple_of(1),
    "TUPLE2": lambda m, _: m.tuple_of(2),
    "TUPLE3": lambda m, _: m.tuple_of(3),
    "TUPLE": lambda m, _: m.push(tuple(m.marked())),
    "LIST": lambda m, _: m.push(m.marked()),
    "FROZENSET": lambda m, _: m.push(Members(m.marked())),
    "DICT": lambda m, _: m.push(Pairs(_paired(m.marked()))),
    "APPEND": lambda m, _: m.extend([m.stack.pop()]),
    "APPENDS": lambda m, _: m.extend(m.marked()),
    "ADDITEMS": lambda m, _: m.extend(m.marked()),
    "SETITEM": lambda m, _: m.set([m.stack.pop(-2), m.stack.pop()]),
    "SETITEMS": lambda m, _: m.set(m.marked()),
    "GLOBAL": lambda m, names: m.stack.append(m.reading.named(*_split(names))),
    "STACK_GLOBAL": lambda m, _: m.stack.append(m.reading.named(m.stack.pop(-2), m.stack.pop())),
    **dict.fromkeys(_EXTENSIONS, lambda m, code: m.stack.append(m.reading.named("copyreg", f"extension {code}"))),
    "PERSID": lambda m, name: m.stack.append(Stub(_PERSISTENT, (name,))),
    "BINPERSID": lambda m, _: m.stack.append(Stub(_PERSISTENT, (m.stack.pop(),))),
    "REDUCE": lambda m, _: m.call(m.stack.pop()),
    "NEWOBJ": lambda m, _: m.call(m.stack.pop()),
    "NEWOBJ_EX": lambda m, _: m.call(m.stack.pop(-2), m.stack.pop()),
    "OBJ": lambda m, _: m.call_marked(),
    "INST": lambda m, names: m.instance(*_split(names)),
    "BUILD": lambda m, _: m.build(m.stack.pop()),
}


def _made(of: Value, arguments: Value) -> Value:
    """Arrays, numbers and bytes in their usual disguises as what they are; a stub for everything else."""
    path = of.path.replace("numpy.core.", "numpy._core.") if isinstance(of, Global) else ""
    if path in ("numpy._core.multiarray._reconstruct", "numpy.ma.core._mareconstruct", "numpy.ma._mareconstruct"):
        return Array(arguments[0].path if isinstance(arguments[0], Global) else "")
    if path == "numpy._core.numeric._frombuffer":
        return arrays.from_buffer(arguments)
    if path == "numpy._core.multiarray.scalar":
        return arrays.scalar(arguments)
    if path == "_codecs.encode" and arguments[1:] == ("latin1",) and isinstance(arguments[0], str):
        return arguments[0].encode("latin-1")
    if path in ("__builtin__.bytes", "builtins.bytes", "__builtin__.bytearray", "builtins.bytearray"):
        return _as_bytes(of, arguments)
    if path in ("copyreg._reconstructor", "copy_reg._reconstructor"):
        return Stub(arguments[0])
    return Stub(of, arguments)


def _as_bytes(of: Value, arguments: Value) -> Value:
    """Older protocols write `bytes()`, `bytearray(data)` and `bytearray(text, "latin-1")`."""
    if arguments == ():
        return b""
    data = arguments[0]
    if isinstance(data, bytes) and len(arguments) == 1:
        return data
    if isinstance(data, str) and arguments[1:] == ("latin-1",):
        return data.encode("latin-1")
    return Stub(of, arguments)
