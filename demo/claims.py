"""Synthetic national health-insurance claims: three linked tables, made from a seed, about nobody.

Every number (claims_tables.py) is a round figure chosen to look like French public statistics; none comes from a
person's record. The tables are plausible in the ways that matter for practising: an age pyramid, chronic conditions
that grow with age and deprivation, care that follows conditions, costs with long tails, nothing after a death.

Patients are made in blocks of `BLOCK`, each from its own random stream: memory stays bounded at any scale, full
blocks are the same whatever the scale, and the same seed and scale give the same bytes (with one pyarrow version).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from demo.claims_tables import (
    ACUTE,
    AGE_BANDS,
    CONDITIONS,
    EVERYDAY_MEDICINES,
    KIND_SHARES,
    KINDS,
    OTHER_STAYS,
    REGIONS,
)

BLOCK = 50_000
FIRST_DAY, LAST_DAY = date(2024, 1, 1), date(2025, 12, 31)
_START = np.datetime64(FIRST_DAY)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
YEAR = FIRST_DAY.year


@dataclass(frozen=True)
class Block:
    """One block of each table."""

    patients: pa.Table
    reimbursements: pa.Table
    stays: pa.Table


@dataclass(frozen=True)
class _People:
    """One row a patient: what the other tables are drawn from."""

    first_id: int
    age: np.ndarray  # years at the first day
    female: np.ndarray
    region: np.ndarray  # index into REGIONS
    deprivation: np.ndarray  # 1 (least) to 5 (most)
    ill: np.ndarray  # patients x CONDITIONS
    days: np.ndarray  # days alive in the period, 1 to DAYS
    frailty: np.ndarray  # mean 1: what age and conditions do not explain


def write(folder: Path, patients: int, seed: int) -> None:
    """Write the three tables of `patients` people as Parquet, block by block."""
    writers: dict[str, pq.ParquetWriter] = {}
    try:
        for number, first in enumerate(range(0, patients, BLOCK)):
            for name, table in vars(block(seed, number, min(BLOCK, patients - first))).items():
                if name not in writers:
                    writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="zstd")
                writers[name].write_table(table)
    finally:
        for writer in writers.values():
            writer.close()


def block(seed: int, number: int, size: int) -> Block:
    """The `number`-th block (from 0) of `size` patients, at most `BLOCK`."""
    rng = np.random.default_rng([seed, number])
    people = _people(rng, number * BLOCK + 1, size)
    return Block(_patients(people), _reimbursements(rng, people), _stays(rng, people, number))


def _people(rng: np.random.Generator, first_id: int, size: int) -> _People:
    shares = np.array([share for _, share, _ in AGE_BANDS])
    band = rng.choice(len(AGE_BANDS), size, p=shares / shares.sum())
    lowest = np.array([low for low, _, _ in AGE_BANDS])[band]
    age = lowest + rng.integers(0, 5, size)
    female = rng.random(size) < np.array([share for _, _, share in AGE_BANDS])[band]
    weights = np.array([weight for _, _, weight in REGIONS])
    region = rng.choice(len(REGIONS), size, p=weights / weights.sum())
    deprivation = rng.integers(1, 6, size)
    ill = np.zeros((size, len(CONDITIONS)), dtype=bool)
    for column, condition in enumerate(CONDITIONS):
        chance = condition.plateau / (1 + np.exp((condition.midpoint - age) / condition.width))
        chance = chance * np.where(female, condition.if_female, condition.if_male)
        chance = chance * (1 + condition.per_deprivation * (deprivation - 3))
        for other in condition.after:
            chance = chance * np.where(ill[:, [c.code for c in CONDITIONS].index(other)], 2.5, 1)
        ill[:, column] = rng.random(size) < np.minimum(chance, 0.95)
    yearly_hazard = 3.3e-5 * np.exp(0.095 * age) * (1 + 0.25 * ill.sum(axis=1))
    days = np.minimum(1 + rng.exponential(365 / yearly_hazard), DAYS).astype(np.int64)
    return _People(first_id, age, female, region, deprivation, ill, days, rng.gamma(2.0, 0.5, size))


def _patients(people: _People) -> pa.Table:
    size = len(people.age)
    died = people.days < DAYS
    codes = np.array([condition.code for condition in CONDITIONS])
    _, columns = np.nonzero(people.ill)
    offsets = np.concatenate([[0], np.cumsum(people.ill.sum(axis=1))])
    return pa.table(
        {
            "patient_id": pa.array(np.arange(people.first_id, people.first_id + size), pa.int32()),
            "sex": _words(people.female.astype(int), ["M", "F"]),
            "birth_year": pa.array(YEAR - 1 - people.age, pa.int16()),
            "region": _words(people.region, [code for code, _, _ in REGIONS]),
            "deprivation": pa.array(people.deprivation, pa.int8()),
            "conditions": pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(codes[columns])),
            "death_date": pa.array(_START + people.days - 1, pa.date32(), mask=~died),
        }
    )


def _reimbursements(rng: np.random.Generator, people: _People) -> pa.Table:
    yearly = 2.5 + 0.07 * people.age + 4.0 * people.ill.sum(axis=1)
    owner = _events(rng, people, yearly)
    age_class = np.searchsorted([18, 65], people.age[owner], side="right")
    shares = np.cumsum(KIND_SHARES, axis=1)
    kind = (rng.random(len(owner))[:, None] > shares[age_class][:, :-1]).sum(axis=1)
    day = (rng.random(len(owner)) * people.days[owner]).astype(np.int64)
    order = np.lexsort((day, owner))
    owner, kind, day = owner[order], kind[order], day[order]
    centre = np.log([k.median_eur for k in KINDS])[kind]
    spread = np.array([k.spread for k in KINDS])[kind]
    amount = np.maximum(np.round(np.exp(centre + spread * rng.standard_normal(len(kind))), 2), 0.5)
    rate = np.where(people.ill.any(axis=1)[owner], 1.0, np.array([k.rate for k in KINDS])[kind])
    medicine = kind == [k.name for k in KINDS].index("medicine")
    codes = [c.atc for c in CONDITIONS] + EVERYDAY_MEDICINES
    code = np.zeros(len(kind), dtype=np.int32)
    code[medicine] = _for_a_condition(rng, people.ill[owner[medicine]], len(EVERYDAY_MEDICINES), 0.7)
    return pa.table(
        {
            "patient_id": pa.array(people.first_id + owner, pa.int32()),
            "date": pa.array(_START + day, pa.date32()),
            "kind": _words(kind, [k.name for k in KINDS]),
            "atc": _words(code, codes, mask=~medicine),
            "amount_eur": pa.array(amount),
            "reimbursed_eur": pa.array(np.round(amount * rate, 2)),
        }
    )


def _stays(rng: np.random.Generator, people: _People, number: int) -> pa.Table:
    yearly = 0.04 + 0.0015 * people.age + 0.10 * people.ill.sum(axis=1)
    died = people.days < DAYS
    last = np.flatnonzero(died & (rng.random(len(died)) < 0.5))
    owner = np.concatenate([_events(rng, people, yearly), last])
    ends_in_death = np.arange(len(owner)) >= len(owner) - len(last)
    size = len(owner)
    diagnoses = [code for code, _, _, _ in OTHER_STAYS]
    which = _for_a_condition(rng, people.ill[owner], 1, 0.6)
    other = _other_diagnosis(rng, people.age[owner], people.female[owner])
    which = np.where(which == len(CONDITIONS), len(CONDITIONS) + other, which)
    severity = 1 + rng.binomial(3, np.clip(0.05 + people.age[owner] / 250, 0, 0.6))
    nights = np.floor(rng.lognormal(-0.3 + 0.55 * severity, 0.9)).astype(np.int64)
    nights = np.minimum(nights, people.days[owner] - 1)
    latest = people.days[owner] - 1 - nights
    day = np.where(ends_in_death, latest, (rng.random(size) * (latest + 1)).astype(np.int64))
    mode = np.where(ends_in_death, 2, rng.random(size) < 0.08).astype(int)
    cost = np.round((900 + 520 * nights) * rng.lognormal(0.1 * severity - 0.2, 0.55), 2)
    first = number * 10_000_000 + 1
    return pa.table(
        {
            "stay_id": pa.array(np.arange(first, first + size), pa.int64()),
            "patient_id": pa.array(people.first_id + owner, pa.int32()),
            "admission": pa.array(_START + day, pa.date32()),
            "discharge": pa.array(_START + day + nights, pa.date32()),
            "main_diagnosis": _words(which, [ACUTE[c.code] for c in CONDITIONS] + diagnoses),
            "severity": pa.array(severity, pa.int8()),
            "discharge_to": _words(mode, ["home", "other hospital", "deceased"]),
            "cost_eur": pa.array(cost),
        }
    )


def _events(rng: np.random.Generator, people: _People, yearly: np.ndarray) -> np.ndarray:
    """Each event's patient (an index), `yearly` a year on average, sorted."""
    counts = rng.poisson(yearly * people.frailty * people.days / 365)
    return np.repeat(np.arange(len(counts)), counts)


def _for_a_condition(rng: np.random.Generator, ill: np.ndarray, others: int, chance: float) -> np.ndarray:
    """For each row one of its conditions with probability `chance`, else len(CONDITIONS) + one of `others`."""
    picked = np.where(ill, rng.random(ill.shape, dtype=np.float32), -1).argmax(axis=1)
    because = ill.any(axis=1) & (rng.random(len(ill)) < chance)
    return np.where(because, picked, len(CONDITIONS) + rng.integers(0, others, len(ill)))


def _other_diagnosis(rng: np.random.Generator, age: np.ndarray, female: np.ndarray) -> np.ndarray:
    """An index into OTHER_STAYS that fits age and sex."""
    chance = rng.random((len(age), len(OTHER_STAYS)), dtype=np.float32)
    for column, (_, low, high, only_women) in enumerate(OTHER_STAYS):
        fits = (age >= low) & (age <= high) & (female | (not only_women))
        chance[:, column] = np.where(fits, chance[:, column], -1)
    return chance.argmax(axis=1)


def _words(index: np.ndarray, words: list[str], mask: np.ndarray | None = None) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(index, pa.int32(), mask=mask), pa.array(words))
