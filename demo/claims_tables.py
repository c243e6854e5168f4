"""What the synthetic claims are drawn from: round figures of public order of magnitude, as data."""

from typing import NamedTuple

# Youngest age of a five-year band, its share of the population, its share of women.
AGE_BANDS = (
    (0, 3.4, 0.49),
    (5, 3.8, 0.49),
    (10, 4.2, 0.49),
    (15, 4.2, 0.49),
    (20, 4.0, 0.49),
    (25, 3.8, 0.50),
    (30, 4.0, 0.51),
    (35, 4.2, 0.51),
    (40, 4.3, 0.51),
    (45, 4.1, 0.51),
    (50, 4.5, 0.51),
    (55, 4.4, 0.51),
    (60, 4.2, 0.52),
    (65, 3.9, 0.53),
    (70, 3.7, 0.54),
    (75, 3.1, 0.55),
    (80, 1.9, 0.58),
    (85, 1.3, 0.64),
    (90, 0.7, 0.70),
    (95, 0.25, 0.77),
)

# Code, name, inhabitants in millions.
REGIONS = (
    ("IDF", "Île-de-France", 12.4),
    ("ARA", "Auvergne-Rhône-Alpes", 8.2),
    ("NAQ", "Nouvelle-Aquitaine", 6.1),
    ("OCC", "Occitanie", 6.1),
    ("HDF", "Hauts-de-France", 6.0),
    ("GES", "Grand Est", 5.6),
    ("PAC", "Provence-Alpes-Côte d'Azur", 5.2),
    ("PDL", "Pays de la Loire", 3.9),
    ("BRE", "Bretagne", 3.5),
    ("NOR", "Normandie", 3.3),
    ("BFC", "Bourgogne-Franche-Comté", 2.8),
    ("CVL", "Centre-Val de Loire", 2.6),
    ("OVS", "Overseas regions", 2.2),
    ("COR", "Corse", 0.35),
)


class Condition(NamedTuple):
    """A chronic condition: ICD-10 code, name, the ATC code of its usual medicine, and its prevalence.

    Prevalence is plateau / (1 + exp((midpoint - age) / width)), times the factor of the sex, times
    1 + per_deprivation a step of deprivation, times 2.5 for each condition in `after` that the person has.
    """

    code: str
    name: str
    atc: str
    plateau: float
    midpoint: float
    width: float
    if_female: float = 1.0
    if_male: float = 1.0
    per_deprivation: float = 0.0
    after: tuple[str, ...] = ()


CONDITIONS = (
    Condition("E10", "type 1 diabetes", "A10AB04", 0.005, 12, 4),
    Condition("E11", "type 2 diabetes", "A10BA02", 0.17, 60, 8, 0.85, 1.2, 0.15),
    Condition("I10", "hypertension", "C09AA05", 0.45, 62, 9, per_deprivation=0.04),
    Condition("I25", "ischaemic heart disease", "B01AC06", 0.10, 70, 8, 0.6, 1.5, 0.05, ("E11",)),
    Condition("N18", "chronic kidney disease", "C03CA01", 0.06, 75, 8, after=("E11",)),
    Condition("I50", "heart failure", "C07AB07", 0.08, 80, 6, after=("I25",)),
    Condition("J44", "chronic obstructive pulmonary disease", "R03BB04", 0.07, 60, 9, 0.8, 1.2, 0.12),
    Condition("J45", "asthma", "R03AC02", 0.06, 3, 2),
    Condition("F32", "depression", "N06AB04", 0.07, 22, 5, 1.3, 0.7, 0.10),
    Condition("F03", "dementia", "N06DA02", 0.30, 88, 4, 1.1, 0.9),
    Condition("C50", "breast cancer", "L02BA01", 0.05, 58, 8, 1.0, 0.01),
    Condition("C18", "colon cancer", "L01BC06", 0.02, 68, 8, 0.9, 1.1),
)

# The ICD-10 code of a hospital stay because of each condition.
ACUTE = {
    "E10": "E10.1",
    "E11": "E11.5",
    "I10": "I16.0",
    "I25": "I21.4",
    "N18": "N17.9",
    "I50": "I50.1",
    "J44": "J44.1",
    "J45": "J46",
    "F32": "F32.2",
    "F03": "F05.1",
    "C50": "C50.9",
    "C18": "C18.7",
}

# Other stays: ICD-10 code, youngest and oldest age, women only.
OTHER_STAYS = (
    ("J21.0", 0, 2, False),
    ("J35.1", 2, 12, False),
    ("S52.5", 3, 120, False),
    ("K35.8", 5, 60, False),
    ("O80", 18, 45, True),
    ("K80.2", 25, 120, False),
    ("S82.6", 14, 120, False),
    ("A09", 0, 120, False),
    ("H25.1", 60, 120, False),
    ("S72.0", 68, 120, False),
    ("J18.9", 50, 120, False),
    ("I63.9", 55, 120, False),
)


class Kind(NamedTuple):
    """A kind of care outside hospital: median amount in euros, spread of its logarithm, share reimbursed."""

    name: str
    median_eur: float
    spread: float
    rate: float


KINDS = (
    Kind("general practitioner", 28, 0.12, 0.70),
    Kind("specialist", 52, 0.45, 0.70),
    Kind("medicine", 14, 1.35, 0.65),
    Kind("laboratory", 24, 0.70, 0.60),
    Kind("imaging", 75, 0.80, 0.70),
    Kind("nursing", 11, 0.60, 0.60),
    Kind("physiotherapy", 17, 0.10, 0.60),
    Kind("dental", 62, 1.05, 0.60),
    Kind("device", 48, 1.45, 0.60),
)

# Shares of the kinds for children, adults, and people of 65 and more; each row sums to 1.
KIND_SHARES = (
    (0.34, 0.10, 0.33, 0.03, 0.03, 0.02, 0.03, 0.09, 0.03),
    (0.20, 0.11, 0.36, 0.09, 0.05, 0.04, 0.05, 0.07, 0.03),
    (0.15, 0.10, 0.38, 0.10, 0.04, 0.12, 0.05, 0.03, 0.03),
)

EVERYDAY_MEDICINES = ["N02BE01", "M01AE01", "J01CA04", "A02BC01", "R06AE07", "N05BA12", "H02AB06", "A06AD15"]
