"""What the demo is filled with: datasets, projects and grants, as data (see `people.py` for who is who)."""

from dataclasses import dataclass

VERSION = "1"


@dataclass(frozen=True)
class Dataset:
    name: str
    title: str
    description: str
    producer: str
    controller: str


@dataclass(frozen=True)
class Project:
    """`datasets` are granted to it; `notebook` lies in demo/notebooks and is copied to its folder."""

    slug: str
    title: str
    purpose: str
    authorisation: str
    lead: str
    datasets: tuple[str, ...]
    notebook: str


DATASETS = (
    Dataset(
        "wdbc",
        "Breast masses: cell nuclei of 569 biopsies",
        "Thirty measurements of cell nuclei and the diagnosis of each biopsy (Wisconsin, 1995). Parquet and CSV.",
        "Tumour Registry",
        "diego",
    ),
    Dataset(
        "diabetes",
        "Diabetes: progression of 442 patients in one year",
        "Ten measurements at baseline and a score of progression one year later (Efron et al., 2004).",
        "Diabetes Network",
        "diego",
    ),
    Dataset(
        "claims",
        "National health-insurance claims, synthetic",
        "Linked tables of patients, reimbursements and hospital stays, 2024 and 2025. Nobody's data: generated.",
        "National Health Insurance",
        "dana",
    ),
)

PROJECTS = (
    Project(
        "tumour-ml",
        "Telling malignant breast masses from benign ones",
        "Compare classifiers on measurements of cell nuclei, and publish how well each performs.",
        "Scientific committee, decision 2026-114",
        "alice",
        ("wdbc",),
        "tumour-ml.ipynb",
    ),
    Project(
        "diabetes-care",
        "What care for diabetes costs, for whom, and where",
        "Describe yearly cost by age and region, model what drives it, and study how the disease progresses.",
        "Scientific committee, decision 2026-131",
        "bob",
        ("diabetes", "claims"),
        "diabetes-care.ipynb",
    ),
)
