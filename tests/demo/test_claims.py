"""The synthetic claims: one body of linked tables that could be true, and the same bytes for the same seed."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo import claims
from demo.claims_tables import KIND_SHARES, REGIONS
from demo.dataset_texts import CLAIMS

PEOPLE = 20_000
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def read(folder: Path) -> Tables:
    patients, reimbursements, stays = (
        pq.read_table(folder / f"{name}.parquet").to_pandas() for name in ("patients", "reimbursements", "stays")
    )
    return patients, reimbursements, stays


def frames(made: claims.Block) -> Tables:
    return made.patients.to_pandas(), made.reimbursements.to_pandas(), made.stays.to_pandas()


def refuse_impossible(tables: Tables) -> None:
    """What must hold whatever the seed and the scale."""
    patients, reimbursements, stays = tables
    assert patients["patient_id"].is_unique and stays["stay_id"].is_unique
    last_day = dict(zip(patients["patient_id"], pd.to_datetime(patients["death_date"]), strict=True))
    for events, day in ((reimbursements, "date"), (stays, "admission"), (stays, "discharge")):
        assert set(events["patient_id"]) <= set(patients["patient_id"]), "care for nobody"
        when = pd.to_datetime(events[day])
        assert when.between(pd.Timestamp(claims.FIRST_DAY), pd.Timestamp(claims.LAST_DAY)).all()
        died = pd.to_datetime(events["patient_id"].map(last_day))
        assert not (when > died).any(), f"{day} after a death"
    assert (pd.to_datetime(stays["admission"]) <= pd.to_datetime(stays["discharge"])).all()
    assert (reimbursements["amount_eur"] > 0).all() and (stays["cost_eur"] > 0).all()
    assert (reimbursements["reimbursed_eur"] <= reimbursements["amount_eur"] + 0.005).all()
    assert (reimbursements["atc"].notna() == (reimbursements["kind"] == "medicine")).all()
    assert stays["severity"].between(1, 4).all() and patients["deprivation"].between(1, 5).all()


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("claims")
    claims.write(folder, PEOPLE, seed=7)
    return read(folder)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "BLOCK", 300)


@given(seed=st.integers(0, 2**32), size=st.integers(1, 200))
@settings(max_examples=30, deadline=None)
def test_no_seed_and_no_scale_makes_anything_impossible(seed: int, size: int) -> None:
    refuse_impossible(frames(claims.block(seed, 0, size)))


def test_a_whole_dataset_is_linked_and_possible(tables: Tables) -> None:
    refuse_impossible(tables)
    assert len(tables[0]) == PEOPLE


def test_the_same_seed_and_scale_give_the_same_bytes_and_another_seed_does_not(
    tmp_path: Path, small_blocks: None
) -> None:
    bytes_of = {}
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        (tmp_path / name).mkdir()
        claims.write(tmp_path / name, 1000, seed)
        bytes_of[name] = [file.read_bytes() for file in sorted((tmp_path / name).iterdir())]
    assert bytes_of["first"] == bytes_of["again"]
    assert all(one != other for one, other in zip(bytes_of["first"], bytes_of["other"], strict=True))


def test_blocks_join_without_gap_or_repetition_and_stay_the_same_at_a_larger_scale(
    tmp_path: Path, small_blocks: None
) -> None:
    for patients in (300, 1000):
        (tmp_path / str(patients)).mkdir()
        claims.write(tmp_path / str(patients), patients, seed=3)
    few, many = read(tmp_path / "300"), read(tmp_path / "1000")
    assert many[0]["patient_id"].tolist() == list(range(1, 1001))
    refuse_impossible(many)
    for small, large in zip(few, many, strict=True):
        pd.testing.assert_frame_equal(small, large.head(len(small)))


def test_ages_and_sexes_look_like_a_population(tables: Tables) -> None:
    patients = tables[0]
    age = 2025 - patients["birth_year"]
    assert 41 < age.mean() < 45
    assert age.between(1, 101).all()
    assert 0.18 < (age >= 65).mean() < 0.25
    women = patients["sex"] == "F"
    assert 0.49 < women.mean() < 0.54
    assert women[age >= 85].mean() > 0.6, "women live longer"


def test_every_region_is_there_in_proportion(tables: Tables) -> None:
    share = tables[0]["region"].value_counts(normalize=True)
    total = sum(weight for _, _, weight in REGIONS)
    for code, _, weight in REGIONS:
        assert abs(share[code] - weight / total) < 0.012


def test_chronic_conditions_come_with_age_and_deprivation_and_raise_the_cost(tables: Tables) -> None:
    patients, reimbursements, stays = tables
    age = 2025 - patients["birth_year"].astype(int)
    diabetes = patients["conditions"].map(lambda codes: "E11" in codes).astype(bool)
    assert 0.03 < diabetes.mean() < 0.08
    assert age[diabetes].mean() > age[~diabetes].mean() + 20
    by_deprivation = diabetes.groupby(patients["deprivation"]).mean()
    assert by_deprivation[5] > 1.3 * by_deprivation[1]
    spent = reimbursements.groupby("patient_id")["amount_eur"].sum()
    spent = spent.add(stays.groupby("patient_id")["cost_eur"].sum(), fill_value=0)
    spent = patients["patient_id"].map(spent).fillna(0).astype(float)
    middle_aged = age.between(50, 70)
    assert spent[diabetes & middle_aged].mean() > 1.2 * spent[~diabetes & middle_aged].mean()


def test_costs_have_a_long_tail(tables: Tables) -> None:
    stays = np.sort(tables[2]["cost_eur"].astype(float))[::-1]
    assert stays.mean() > 1.3 * np.median(stays)
    assert stays[: len(stays) // 20].sum() > 0.15 * stays.sum(), (
        "one stay in twenty weighs much more than a twentieth"
    )


def test_births_are_to_women_of_an_age_for_it(tables: Tables) -> None:
    patients, _, stays = tables
    births = stays[stays["main_diagnosis"] == "O80"].merge(patients, on="patient_id")
    assert len(births) > 20
    assert (births["sex"] == "F").all()
    assert (2023 - births["birth_year"]).between(18, 45).all()


def test_people_who_die_in_hospital_die_on_the_day_they_leave_it(tables: Tables) -> None:
    patients, _, stays = tables
    last = stays[stays["discharge_to"] == "deceased"].merge(patients, on="patient_id")
    assert len(last) > 0.3 * patients["death_date"].notna().sum()
    assert (pd.to_datetime(last["discharge"]) == pd.to_datetime(last["death_date"])).all()


def test_the_shares_of_the_kinds_of_care_sum_to_one() -> None:
    assert all(abs(sum(row) - 1) < 1e-9 for row in KIND_SHARES)


def test_the_readme_describes_every_column(tables: Tables) -> None:
    described = set(re.findall(r"`(\w+)`", CLAIMS))
    for table in tables:
        assert set(table.columns) <= described
