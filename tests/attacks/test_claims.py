"""The attacks' own rules: what they name is there, and the threat model and they name each other completely."""

import ast
import re
from collections import defaultdict

import pytest

from tests.attacks.claims import HERE, ROOT, By, Claim, Stops, attack, registry

CLAIMS = registry()
LINES = sorted({stops for claim in CLAIMS for stops in claim.stops})


@pytest.mark.parametrize("stops", LINES, ids=lambda stops: f"{stops.file}:{stops.line[:40]}")
def test_every_named_line_is_there_once_and_its_mutant_is_a_program(stops: Stops) -> None:
    mutated = stops.mutated()
    assert mutated != (ROOT / stops.file).read_text()
    if stops.file.endswith(".py"):
        compile(mutated, stops.file, "exec")


def test_a_mechanism_is_in_one_file_and_of_one_adversary() -> None:
    places = defaultdict(set)
    for claim in CLAIMS:
        places[claim.mechanism].add((claim.file, claim.by))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def _shows_something(block: ast.With) -> bool:
    """Whether a `with control(...)` block can fail: it asserts, or waits `until` something holds."""

    def waits(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "until"

    return any(isinstance(node, ast.Assert) or waits(node) for node in ast.walk(block))


def _controls(test: ast.AST) -> list[ast.With]:
    def called(node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "control"

    withs = (node for node in ast.walk(test) if isinstance(node, ast.With))
    return [node for node in withs if any(called(item.context_expr) for item in node.items)]


def _written(claim: Claim) -> ast.AST:
    tree = ast.parse((ROOT / claim.file).read_text())
    name = claim.test.rpartition("::")[2]
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return next(node for node in ast.walk(tree) if isinstance(node, kinds) and node.name == name)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.test)
def test_every_control_asserts_something(claim: Claim) -> None:
    controls = _controls(_written(claim))
    assert controls and all(map(_shows_something, controls))


def _named_in_the_threat_model() -> list[str]:
    """The attacks in the last cells of its claims."""
    text = (ROOT / "docs" / "threat-model.md").read_text().partition("## The tables behind these claims")[0]
    cells = [line.rstrip("| ").rpartition(" | ")[2] for line in text.splitlines() if line.startswith("| ")]
    return [name for cell in cells for name in re.findall(r"`([a-z0-9-]+)`", cell)]


def test_the_threat_model_and_the_attacks_name_each_other() -> None:
    """Its table of attacks is made from this registry; what each is worth is said by a claim."""
    assert {claim.mechanism for claim in CLAIMS} == set(_named_in_the_threat_model())


def test_there_are_enough_of_every_adversary() -> None:
    assert len({claim.mechanism for claim in CLAIMS}) >= 25
    assert {claim.by for claim in CLAIMS} == set(By)


def test_every_test_here_is_an_attack() -> None:
    named = {claim.node for claim in CLAIMS}
    for file in HERE.glob("test_*.py"):
        if file.name in ("test_claims.py", "test_mutants.py"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                assert any(one.endswith(f"::{node.name}") for one in named), f"{file.name}::{node.name}"


def test_a_line_that_is_not_there_or_twice_is_refused() -> None:
    with pytest.raises(LookupError, match="0 times"):
        Stops("workspaces/gate/paths.py", "no such line").mutated()
    with pytest.raises(LookupError, match="expected once"):
        Stops("workspaces/gate/paths.py", ")").mutated()
    with pytest.raises(ValueError, match="lower case"):
        attack("Not A Name", by=By.PAGE, stops=Stops("a", "b"))
