"""The README.md of each demo dataset: columns and units, to be read at /data/<dataset>/README.md."""

WDBC = """# wdbc: fine-needle aspirates of breast masses

569 real biopsies of the Wisconsin Diagnostic Breast Cancer study (Wolberg, Street, Mangasarian, 1995), as bundled
with scikit-learn. Producer in this demo: the Tumour Registry. One row a biopsy; `wdbc.parquet` and `wdbc.csv` say
the same.

| column | meaning |
|---|---|
| `id` | B0001 to B0569, made for this demo |
| `diagnosis` | `malignant` (212) or `benign` (357) |
| `mean_*` | mean over the cell nuclei of the image |
| `*_error` | its standard error |
| `worst_*` | mean of the three largest values |

The thirty measurements are of: radius, perimeter (image units), area (their square), texture (standard deviation
of grey values), smoothness (local variation of the radius), compactness (perimeter² / area - 1), concavity (depth
of concave parts), concave points (their number), symmetry, fractal dimension (all without unit).
"""

DIABETES = """# diabetes: disease progression one year after baseline

442 real patients (Efron, Hastie, Johnstone, Tibshirani, "Least angle regression", 2004), as bundled with
scikit-learn, in the original units. Producer in this demo: the Diabetes Network. One row a patient;
`diabetes.parquet` and `diabetes.csv` say the same.

| column | meaning | unit |
|---|---|---|
| `id` | D0001 to D0442, made for this demo | |
| `age` | age | years |
| `sex` | 1 or 2 (the source does not say which is which) | |
| `bmi` | body-mass index | kg/m² |
| `bp` | average blood pressure | mmHg |
| `tc`, `ldl`, `hdl` | total, low-density, high-density cholesterol | mg/dl |
| `tch` | total cholesterol / HDL | |
| `ltg` | logarithm of serum triglycerides (possibly) | |
| `glu` | blood sugar | mg/dl |
| `progression` | measure of progression one year later, 25 to 346 | |
"""

CLAIMS = """# claims: national health-insurance claims, synthetic

Nobody's data: made by a generator (demo/claims.py, seed SEED) for PATIENTS people over 2024 and 2025.
Producer in this demo: National Health Insurance. Three Parquet files, linked by `patient_id`.

## patients.parquet: one row a person
| column | meaning |
|---|---|
| `patient_id` | 1, 2, ... |
| `sex` | `F` or `M` |
| `birth_year` | year |
| `region` | of residence: IDF, ARA, NAQ, OCC, HDF, GES, PAC, PDL, BRE, NOR, BFC, CVL, OVS (overseas), COR |
| `deprivation` | quintile of the place of residence, 1 (least) to 5 (most deprived) |
| `conditions` | list of the ICD-10 codes of chronic conditions, see below |
| `death_date` | empty if alive on 31 December 2025 |

E10 and E11 diabetes, I10 hypertension, I25 ischaemic heart disease, N18 kidney disease, I50 heart failure, J44
chronic obstructive pulmonary disease, J45 asthma, F32 depression, F03 dementia, C50 breast cancer, C18 colon
cancer.

## reimbursements.parquet: one row for each item of care outside hospital
| column | meaning |
|---|---|
| `patient_id`, `date` | who and when |
| `kind` | general practitioner, specialist, medicine, laboratory, imaging, nursing, physiotherapy, dental, device |
| `atc` | ATC code of a medicine, empty otherwise |
| `amount_eur`, `reimbursed_eur` | euros asked and paid back (all of it for people with a chronic condition) |

## stays.parquet: one row a hospital stay
| column | meaning |
|---|---|
| `stay_id`, `patient_id` | which and whose |
| `admission`, `discharge` | dates; equal for a day case |
| `main_diagnosis` | ICD-10 |
| `severity` | 1 to 4 |
| `discharge_to` | home, other hospital, deceased |
| `cost_eur` | euros |
"""
