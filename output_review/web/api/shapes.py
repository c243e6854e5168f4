"""What a value of the API looks like, said once: each shape writes its JSON Schema (2020-12) and reads by it.

`read` raises `BadInput` with one sentence that names the place. What only answers are made of reads nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from enclave.errors import BadInput

Schema = dict[str, Any]


class Shape(ABC):
    """A kind of value."""

    @abstractmethod
    def schema(self) -> Schema:
        """The JSON Schema; a shape with a name is a reference to its definition."""

    def read(self, value: Any, where: str) -> Any:
        """The value, checked; raise `BadInput`."""
        raise BadInput(f"{where} cannot be given.")

    def typed(self, value: str, where: str) -> Any:
        """The value as it stands in an address; raise `BadInput`."""
        return self.read(value, where)

    def parts(self) -> Iterator["Thing"]:
        """Every named shape within, itself among them."""
        yield from ()


@dataclass(frozen=True)
class Whole(Shape):
    """A whole number."""

    least: int = 0
    most: int | None = None

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least} | ({} if self.most is None else {"maximum": self.most})

    def read(self, value: Any, where: str) -> int:
        if isinstance(value, float) and value.is_integer():  # JSON Schema counts 1.0 among the integers
            value = int(value)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or value < self.least or (self.most is not None and value > self.most):
            end = "" if self.most is None else f" to {self.most}"
            raise BadInput(f"{where}: a whole number from {self.least}{end} is expected.")
        return int(value)

    def typed(self, value: str, where: str) -> int:
        digits = value.isascii() and value.isdigit() and len(value) <= 18
        return self.read(int(value) if digits else value, where)


@dataclass(frozen=True)
class Number(Shape):
    """A number, in answers only."""

    def schema(self) -> Schema:
        return {"type": "number"}


@dataclass(frozen=True)
class Text(Shape):
    """A text of `least` to `most` characters."""

    most: int | None = None
    least: int = 0
    pattern: str = ""

    def schema(self) -> Schema:
        own: Schema = {"type": "string"}
        own |= {"minLength": self.least} if self.least else {}
        own |= {} if self.most is None else {"maxLength": self.most}
        return own | ({"pattern": self.pattern} if self.pattern else {})

    def read(self, value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise BadInput(f"{where}: a text is expected.")
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            raise BadInput(f"{where}: a text of {self.least} to {self.most} characters is expected.")
        return value


@dataclass(frozen=True)
class OneOf(Shape):
    """One of a closed list of words."""

    words: tuple[str, ...]

    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.words)}

    def read(self, value: Any, where: str) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise BadInput(f"{where}: one of {', '.join(self.words)} is expected.")
        return value


@dataclass(frozen=True)
class Flag(Shape):
    """True or false."""

    def schema(self) -> Schema:
        return {"type": "boolean"}

    def read(self, value: Any, where: str) -> bool:
        if not isinstance(value, bool):
            raise BadInput(f"{where}: true or false is expected.")
        return value


@dataclass(frozen=True)
class Moment(Shape):
    """A moment in UTC, in answers only."""

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time"}


class Scalar(Shape):
    """A number, a text or null, in answers only."""

    def schema(self) -> Schema:
        return {"type": ["number", "string", "null"]}


class Anything(Shape):
    """Any object, in answers only."""

    def schema(self) -> Schema:
        return {"type": "object"}


ANYTHING, SCALAR = Anything(), Scalar()


@dataclass(frozen=True)
class Maybe(Shape):
    """The value, or null."""

    of: Shape

    def schema(self) -> Schema:
        return {"anyOf": [self.of.schema(), {"type": "null"}]}

    def read(self, value: Any, where: str) -> Any:
        return None if value is None else self.of.read(value, where)

    def parts(self) -> Iterator["Thing"]:
        return self.of.parts()


@dataclass(frozen=True)
class Many(Shape):
    """A list."""

    of: Shape
    most: int | None = None

    def schema(self) -> Schema:
        own = {"type": "array", "items": self.of.schema()}
        return own if self.most is None else own | {"maxItems": self.most}

    def read(self, value: Any, where: str) -> list[Any]:
        if not isinstance(value, list) or (self.most is not None and len(value) > self.most):
            raise BadInput(f"{where}: a list of at most {self.most} is expected.")
        return [self.of.read(one, f"{where}[{index}]") for index, one in enumerate(value)]

    def parts(self) -> Iterator["Thing"]:
        return self.of.parts()


@dataclass(frozen=True)
class Thing(Shape):
    """An object of these fields and no others; those in `optional` may be left out. `name` makes it a component."""

    fields: Mapping[str, Shape]
    optional: frozenset[str] = field(default_factory=frozenset)
    name: str = ""

    def schema(self) -> Schema:
        return {"$ref": f"#/components/schemas/{self.name}"} if self.name else self.definition()

    def definition(self) -> Schema:
        """The schema itself."""
        return {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self.fields.items()},
            "required": [name for name in self.fields if name not in self.optional],
            "additionalProperties": False,
        }

    def read(self, value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise BadInput(f"{where}: an object with {', '.join(self.fields)} is expected.")
        unknown = next((name for name in value if name not in self.fields), None)
        if unknown is not None:
            raise BadInput(f"{where}: {unknown[:40]!a} is not expected here.")
        missing = next((name for name in self.fields if name not in value and name not in self.optional), None)
        if missing is not None:
            raise BadInput(f"{where}: {missing} is missing.")
        return {
            name: shape.read(value[name], inside(where, name))
            for name, shape in self.fields.items()
            if name in value
        }

    def parts(self) -> Iterator["Thing"]:
        if self.name:
            yield self
        for shape in self.fields.values():
            yield from shape.parts()


def inside(where: str, name: str) -> str:
    """Where a field is, for a sentence about it."""
    return name if where == BODY else f"{where}.{name}"


BODY = "The body"


def words(choices: Iterable[str]) -> OneOf:
    """One of a vocabulary's words."""
    return OneOf(tuple(str(one) for one in choices))
