"""Every scikit-learn estimator, fitted to 300 people with 6 distinctive values each, and whether it stores rows.

python -m benchmarks.evaluation.estimators: which of them are flagged for stored rows, and which ought to be.
"""

import io
import pickle
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils import all_estimators

from output_review.checks.examination import examine
from output_review.checks.registry import Context, registered
from output_review.readers.frozen import Array, walk
from output_review.readers.pickles import read

PEOPLE, FEATURES = 300, 6
# What an estimator may want to be made of.
_ARGUMENTS: tuple[tuple[Any, ...], ...] = (
    (),
    (LogisticRegression(),),
    (Ridge(),),
    ([("one", LogisticRegression())],),
    ([("one", Ridge())],),
    (LogisticRegression(), {"C": [0.5, 1.0]}),
    (RandomForestClassifier(5, min_samples_leaf=30),),
)


def training(seed: int = 0) -> tuple[Any, Any, Any]:
    """(X, a class, a measure): values that no two people share."""
    rng = np.random.default_rng(seed)
    x = np.abs(rng.normal(50, 12, (PEOPLE, FEATURES))) + 0.1
    return x, (x[:, 0] + rng.normal(0, 8, PEOPLE) > 50).astype(int), x[:, 1] * 2 + rng.normal(0, 1, PEOPLE)


def fitted() -> Iterator[tuple[str, Any]]:
    """(name, fitted object) of each estimator that can be fitted to such data, or to one column of it."""
    x, label, measure = training()
    for name, kind in all_estimators():
        estimator: Any = None
        for arguments in _ARGUMENTS:
            estimator = _fit(kind, arguments, x, label, measure)
            if estimator is not None:
                yield name, estimator
                break


def _fit(kind: Any, arguments: Any, x: Any, label: Any, measure: Any) -> Any:
    for features, target in ((x, label), (x, measure), (x, x[:, :2]), (measure, measure), (x.astype(int), label)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return kind(*arguments).fit(features, target)
        except Exception:  # this kind of data is not for it; the next may be
            continue
    return None


def stores_rows(estimator: Any, x: Any) -> int:
    """Rows of the training data that stand verbatim in an array of the object."""
    known = {tuple(row) for row in np.round(x, 10).tolist()}
    found: set[tuple[float, ...]] = set()
    for one in read(io.BytesIO(pickle.dumps(estimator))).objects:
        for _, value in walk(one):
            data = value.data if isinstance(value, Array) else None
            if data is not None and data.ndim == 2 and data.dtype.kind == "f" and x.shape[1] in data.shape:
                for rows in (data, data.T):
                    if rows.shape[1] == x.shape[1]:
                        found |= known & {tuple(row) for row in np.round(rows, 10).tolist()}
    return len(found)


def flagged(name: str, estimator: Any) -> bool:
    """Whether the checks say that the estimator's pickle stores rows; they are not told of the training data."""
    models = [check for check in registered() if check.name == "models"]
    events = list(examine(f"{name}.pkl", pickle.dumps(estimator), Context(), models))
    return any(one.get("finding", {}).get("rule") == "stored-rows" for one in events)


def main() -> None:
    x, _, _ = training()
    storing, wrong, count = 0, [], 0
    for name, estimator in fitted():
        stored, told = stores_rows(estimator, x), flagged(name, estimator)
        count, storing = count + 1, storing + bool(stored)
        if bool(stored) != told:
            wrong.append(f"{name}: {stored} rows, {'flagged' if told else 'not flagged'}")
    print(f"{count} estimators, {storing} store training rows; {len(wrong)} are told wrong")
    print("\n".join(wrong))


if __name__ == "__main__":
    main()
