"""Models, records, life tables and histograms as tables, safe ones and unsafe ones."""

import random
from itertools import pairwise

import numpy as np
import pandas as pd

from benchmarks.evaluation.labelled import T, Table
from benchmarks.evaluation.studies import Study


def regression(study: Study, rng: random.Random) -> Table:
    """Coefficients, with the number of people and the residual degrees of freedom in rows of their own."""
    names = ["const", *study.measures[:3]]
    people = rng.randint(200, len(study.data))
    rows = [(name, round(rng.gauss(0, 1), 4), round(rng.uniform(0.01, 0.4), 4)) for name in names]
    rows += [("No. Observations", people, ""), ("Df Residuals", people - len(names), "")]
    return Table("regression", pd.DataFrame(rows, columns=["term", "coef", "std err"]))


def saturated(study: Study, rng: random.Random) -> Table:
    table = regression(study, rng).frame.copy()
    table.loc[table["term"] == "Df Residuals", "coef"] = rng.randint(0, 9)
    table.loc[table["term"] == "No. Observations", "coef"] = rng.randint(12, 19)
    return Table("saturated", table, frozenset({"residual-freedom"}))


def records(study: Study, rng: random.Random) -> Table:
    """Rows of the data: some columns, renamed, in another order."""
    columns = rng.sample(
        [*study.keys, *study.measures], min(len(study.keys) + len(study.measures), rng.randint(3, 6))
    )
    rows = (
        study.data[columns].dropna().sample(rng.randint(25, 60), random_state=rng.randint(0, 10**6), replace=True)
    )
    rows = rows.drop_duplicates()
    rows.columns = [f"v{j}" for j in range(len(columns))]
    rules = {"record-like", "record-extract", "rows-of-the-data", "identifier-by-content"}
    return Table("records", rows, frozenset(rules))


def named(study: Study, rng: random.Random) -> Table:
    """Rows with a number for each person."""
    rows = study.data[list(study.measures)[:2]].head(40).copy()
    name = rng.choice(("patient_id", "NIR", "subject id", "nom_patient", "mrn", "beneficiary number"))
    rows.insert(0, name, [f"{rng.choice('ABC')}{rng.randint(10000, 99999)}" for _ in range(len(rows))])
    return Table("named", rows, frozenset({"identifier-by-name", "one-code-a-row"}))


def dated(study: Study, rng: random.Random) -> Table:
    rows = study.data[list(study.measures)[:2]].head(40).copy()
    days = pd.Timestamp("2019-01-01") + pd.to_timedelta(
        np.array([rng.randint(0, 900) for _ in range(len(rows))]), "D"
    )
    rows.insert(0, rng.choice(("admitted", "date_entree", "visit")), days.strftime("%Y-%m-%d"))
    return Table("dated", rows, frozenset({"exact-dates"}))


def at_risk(study: Study, rng: random.Random) -> Table:
    """A life table with a row for each time of an event: single people leave."""
    left, rows, estimate = rng.randint(60, 120), [], 1.0
    for time in sorted(rng.sample(range(1, 900), 40)):
        estimate *= 1 - 1 / left
        rows.append((time, left, round(estimate, 6)))
        left -= 1
    names = rng.choice((("time", "at_risk", "survival"), ("timeline", "n.risk", "KM_estimate")))
    return Table("at risk", pd.DataFrame(rows, columns=list(names)), frozenset({"at-risk-step", "survival-steps"}))


def pooled(study: Study, rng: random.Random) -> Table:
    left, rows, estimate = rng.randint(2000, 5000), [], 1.0
    for time in range(0, 60, 12):
        events = rng.randint(40, 200)
        rows.append((time, left, round(estimate, 3)))
        estimate, left = estimate * (1 - events / left), left - events
    return Table("pooled", pd.DataFrame(rows, columns=["month", "at_risk", "survival"]))


def bins(study: Study, rng: random.Random) -> Table | None:
    """A histogram's counts over wide bins that are large enough."""
    values = study.data[rng.choice(study.measures)].dropna()
    edges = np.unique(values.quantile(np.linspace(0.1, 0.9, 6)).round(1))
    if len(edges) < 3:
        return None
    sizes, _ = np.histogram(values, [-np.inf, *edges, np.inf])
    if sizes.min() < 2 * T:
        return None
    labels = [f"< {edges[0]}", *(f"{a} to {b}" for a, b in pairwise(edges)), f"≥ {edges[-1]}"]
    return Table("bins", pd.DataFrame({"interval": labels, "n": sizes}))
