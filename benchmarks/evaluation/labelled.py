"""A table with the rules that it breaks."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from benchmarks.evaluation.studies import Study

T = 11
COUNTS = ("n", "N", "count", "patients", "effectif", "n_obs", "freq", "number of people", "nb")


@dataclass(frozen=True)
class Table:
    """`broken`: rules of which at least one has to be named; empty for a safe table."""

    what: str
    frame: pd.DataFrame
    broken: frozenset[str] = frozenset()


Make = Callable[[Study, random.Random], Table | None]
