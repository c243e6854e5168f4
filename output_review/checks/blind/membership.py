"""Whether one can tell from a model who was in its training data: not checked here, and said so."""

from collections.abc import Iterator

from output_review.checks.findings import Finding, Rule
from output_review.checks.parts import Form, Part, Skipped
from output_review.checks.registry import Check, Context

_NO_MODEL = ("pandas.", "numpy.", "pyarrow.", "builtins.", "collections.", "datetime.", "pathlib.")
MEMBER = Rule(
    "membership",
    "AUC of a membership inference attack > 0.65, or its 95 % interval above 0.5",
    "SACRO-ML 2.0: worst-case, QMIA and LiRA attacks; null standard deviation √((n₁+n₀+1)/(12·n₁n₀))",
    "Have the attacks run on the model and its training data before it is released.",
)


class Membership(Check):
    name = "membership-inference"
    title = "Who was in the training data"
    reads = frozenset({Form.MODEL})
    cannot_see = "anything yet: no attack is run, so that every model goes to a person"
    rules = (MEMBER,)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        if any(not name.startswith(_NO_MODEL) for name in part.told("class")):
            raise Skipped("whether one can tell who was in its training data was not tried")
        yield from ()

    def example(self) -> Part:
        return Part(
            Form.MODEL, "model.pkl, as an object", facts=(("class", "sklearn.linear_model._base.LinearRegression"),)
        )


CHECK = Membership()
