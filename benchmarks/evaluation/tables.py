"""Tables as researchers make them, safe ones and unsafe ones, each with the rules that it breaks.

A table is made from a study by one function; which study, which columns and which names is left to a seed. Truth is
by construction: a safe table is cut until its smallest group is large, an unsafe one keeps what breaks a rule.
"""

import random

import pandas as pd

from benchmarks.evaluation.labelled import COUNTS, Make, T, Table
from benchmarks.evaluation.single_tables import at_risk, bins, dated, named, pooled, records, regression, saturated
from benchmarks.evaluation.studies import Study


def _key(study: Study, rng: random.Random) -> str:
    return rng.choice(study.keys)


def _sizes(study: Study, key: str) -> pd.Series:
    sizes = study.data.groupby(key, observed=True).size()
    sizes.index = sizes.index.astype(str)
    return sizes


def _large(study: Study, rng: random.Random, least: int = 3 * T) -> tuple[str, pd.DataFrame] | None:
    """A key, and the people in its groups of at least `least`; at least two of them."""
    keys = list(study.keys)
    rng.shuffle(keys)
    for key in keys:
        sizes = study.data[key].value_counts()
        kept = study.data[study.data[key].isin(sizes[sizes >= least].index)]
        if kept[key].nunique() >= 2:
            return key, kept
    return None


def counts(study: Study, rng: random.Random) -> Table | None:
    found = _large(study, rng)
    if found is None:
        return None
    key, people = found
    frame = people.groupby(key, observed=True).size().rename(rng.choice(COUNTS)).reset_index()
    return Table("counts", frame)


def small_counts(study: Study, rng: random.Random) -> Table | None:
    key, other = _key(study, rng), _key(study, rng)
    sizes = study.data.groupby(list({key, other}), observed=True).size()
    if not ((sizes > 0) & (sizes < T)).any():
        return None
    return Table("small counts", sizes.rename(rng.choice(COUNTS)).reset_index(), frozenset({"minimum-count"}))


def _crossed(study: Study, rng: random.Random, margins: bool) -> pd.DataFrame | None:
    if len(study.keys) < 2:
        return None
    first, second = rng.sample(study.keys, 2)
    return pd.crosstab(
        study.data[first], study.data[second], margins=margins, margins_name=rng.choice(("All", "Total"))
    )


def crosstab(study: Study, rng: random.Random) -> Table | None:
    frame = _crossed(study, rng, rng.random() < 0.5)
    if frame is None or frame.to_numpy().min() < 2 * T:
        return None
    return Table("crosstab", frame.reset_index())


def small_crosstab(study: Study, rng: random.Random) -> Table | None:
    frame = _crossed(study, rng, rng.random() < 0.5)
    if frame is None or not ((frame > 0) & (frame < T)).to_numpy().any():
        return None
    return Table("small crosstab", frame.reset_index(), frozenset({"minimum-count"}))


def empty_cells(study: Study, rng: random.Random) -> Table | None:
    frame = _crossed(study, rng, False)
    if frame is None or not (frame == 0).to_numpy().any():
        return None
    return Table("empty cells", frame.reset_index(), frozenset({"zero-cell", "full-cell"}))


def given_back(study: Study, rng: random.Random) -> Table | None:
    """Small cells suppressed, totals kept, and nothing else hidden."""
    frame = _crossed(study, rng, True)
    if frame is None:
        return None
    inner = frame.iloc[:-1, :-1]
    small = ((inner > 0) & (inner < T)).to_numpy()
    if not (small.sum(axis=1) == 1).any() or (frame.iloc[-1:, :] < T).to_numpy().any():
        return None
    hidden = frame.astype(object)
    hidden.iloc[:-1, :-1] = inner.astype(object).mask(small, rng.choice(("*", "<11", "", "suppressed")))
    broken = {"suppressed-cell-given-back", "suppressed-cell-narrowed"}
    return Table("totals", hidden.reset_index(), frozenset(broken))


def suppressed(study: Study, rng: random.Random) -> Table | None:
    """Small cells suppressed, no totals shown."""
    frame = _crossed(study, rng, False)
    if frame is None or (frame == 0).to_numpy().any():
        return None
    small = (frame < T).to_numpy()
    if not small.any() or small.all(axis=1).any() or small.sum() > small.size / 2:
        return None
    return Table("suppressed", frame.astype(object).mask(small, "<11").reset_index())


def rounded(study: Study, rng: random.Random) -> Table | None:
    found = _large(study, rng, 40)
    if found is None:
        return None
    key, people = found
    sizes = (people.groupby(key, observed=True).size() / 10).round().astype(int) * 10
    return Table("rounded", sizes.rename("n").reset_index())


def means(study: Study, rng: random.Random) -> Table | None:
    found = _large(study, rng, 60)
    if found is None:
        return None
    key, people = found
    measure = rng.choice(study.measures)
    if (people[measure].fillna(0) < 0).any() or people.groupby(key, observed=True)[measure].count().min() < 60:
        return None
    grouped = people.dropna(subset=[measure]).groupby(key, observed=True)[measure]
    frame = grouped.agg(["size", "mean", "std"]).round(2)
    if not frame["mean"].gt(0).all() or (grouped.max() / grouped.sum() > 0.2).any():
        return None
    frame.columns = [rng.choice(COUNTS), f"mean_{measure}", f"sd_{measure}"]
    return Table("means", frame.reset_index())


def endpoints(study: Study, rng: random.Random) -> Table | None:
    found = _large(study, rng)
    if found is None:
        return None
    key, people = found
    measure = rng.choice(study.measures)
    frame = people.groupby(key, observed=True)[measure].agg(["size", "min", "max"])
    frame.columns = ["n", f"{measure}_min", f"{measure}_max"]
    return Table("endpoints", frame.reset_index(), frozenset({"endpoint"}))


def described(study: Study, rng: random.Random) -> Table | None:
    frame = study.data[list(study.measures)[:4]].describe().reset_index()
    return Table("described", frame, frozenset({"endpoint"}))


def few_medians(study: Study, rng: random.Random) -> Table | None:
    key = _key(study, rng)
    sizes = study.data[key].value_counts()
    if not ((sizes >= T) & (sizes < 2 * T)).any():
        return None
    people = study.data[study.data[key].isin(sizes[sizes >= T].index)]
    frame = people.groupby(key, observed=True)[rng.choice(study.measures)].agg(["size", "median"])
    frame.columns = ["n", "median"]
    return Table("few medians", frame.reset_index(), frozenset({"percentile-of-few"}))


def shares(study: Study, rng: random.Random) -> Table | None:
    """Percentages of a binary variable with counts, neither small nor extreme."""
    found = _large(study, rng, 120)
    binary = [key for key in study.keys if study.data[key].nunique() == 2]
    if found is None or not binary:
        return None
    key, people = found
    other = rng.choice(binary)
    yes = people[other].eq(people[other].mode()[0])
    grouped = yes.groupby(people[key], observed=True)
    frame = pd.DataFrame({"n": grouped.size(), "percent": (100 * grouped.mean()).round(1)})
    some = frame["n"] * frame["percent"] / 100
    if key == other or (some < 2 * T).any() or (frame["n"] - some < 2 * T).any():
        return None
    return Table("shares", frame.reset_index())


def few_of_many(study: Study, rng: random.Random) -> Table | None:
    """A percentage that stands for fewer than the threshold of a large group, or for none or all."""
    key, other = _key(study, rng), _key(study, rng)
    yes = study.data[other].eq(study.data[other].value_counts().index[-1])
    grouped = yes.groupby(study.data[key], observed=True)
    frame = pd.DataFrame({"n": grouped.size(), "percent": (100 * grouped.mean()).round(2)})
    frame = frame[frame["n"] >= 5 * T]
    some = (frame["n"] * frame["percent"] / 100).round()
    if key == other or len(frame) < 2 or not ((some > 0) & (some < T)).any():
        return None
    return Table("few of many", frame.reset_index(), frozenset({"count-by-percentage", "inferred-denominator"}))


def none_or_all(study: Study, rng: random.Random) -> Table | None:
    key, other = _key(study, rng), _key(study, rng)
    if key == other:
        return None
    frame = pd.crosstab(study.data[key], study.data[other], normalize="index") * 100
    frame = frame[study.data[key].value_counts() >= T].round(1)
    if not frame.isin([0.0, 100.0]).to_numpy().any():
        return None
    frame.columns = [f"{level} (%)" for level in frame.columns]
    return Table("none or all", frame.reset_index(), frozenset({"none-or-all", "inferred-denominator"}))


def sum_and_mean(study: Study, rng: random.Random) -> Table | None:
    key, other, measure = _key(study, rng), _key(study, rng), rng.choice(study.measures)
    grouped = study.data.dropna(subset=[measure]).groupby(list({key, other}), observed=True)[measure]
    if grouped.size().min() >= T or (study.data[measure] < 0).any():
        return None
    frame = pd.DataFrame({f"{measure} sum": grouped.sum(), f"{measure} mean": grouped.mean()})
    frame = frame[frame.gt(0).all(axis=1)]
    if not ((grouped.size() > 0) & (grouped.size() < T))[frame.index].any():
        return None
    return Table("sum and mean", frame.reset_index(), frozenset({"inferred-count"}))


SAFE: tuple[Make, ...] = (counts, crosstab, suppressed, rounded, means, shares, regression, pooled, bins)
UNSAFE: tuple[Make, ...] = (
    small_counts, small_crosstab, empty_cells, given_back, endpoints, described, few_medians, few_of_many,
    none_or_all, sum_and_mean, saturated, records, named, dated, at_risk,
)  # fmt: skip
