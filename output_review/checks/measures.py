"""What a column or a row of a table measures, told from its name in the languages of Western Europe. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache


class Meaning(StrEnum):
    COUNT = "a count"
    PERCENT = "a percentage"
    LOWEST = "a minimum"
    HIGHEST = "a maximum"
    POSITION = "a percentile"
    MEAN = "a mean"
    SUM = "a sum"
    SPREAD = "a measure of spread"
    FREEDOM = "residual degrees of freedom"
    KEY = "a key"
    MARGIN = "a total over a category"
    OTHER = "something that its name does not say"


STATISTICS = frozenset(set(Meaning) - {Meaning.KEY, Meaning.MARGIN, Meaning.OTHER})


def of(words: str) -> frozenset[str]:
    """The words of a line."""
    return frozenset(words.split())


_WORDS: Sequence[tuple[Meaning, str]] = (
    (Meaning.PERCENT, "percent percentage percentages pct perc prop proportion proportions fraction share shares"
     " pourcentage pourcent taux anteil prozent prevalence"),
    (Meaning.LOWEST, "min minimum lowest smallest amin nanmin"),
    (Meaning.HIGHEST, "max maximum highest largest amax nanmax range"),
    (Meaning.POSITION, "median mediane medianes percentile percentiles quantile quantiles centile"),
    (Meaning.SPREAD, "std sd se var variance stdev stddev sem stderr cv ecart error"),
    (Meaning.MEAN, "mean means average avg moyenne moy mittelwert nanmean"),
    (Meaning.SUM, "sum sums somme summe montant"),
    (Meaning.COUNT, "n count counts freq freqs frequency frequencies size effectif effectifs nb nombre"
     " nobs obs observations cases patients persons people subjects individuals participants records events deaths"
     " cas personnes individus deces evenements beneficiaires sejours anzahl haufigkeit fallzahl headcount"
     " population cohort admissions denominator numerator nunique support respondents repondants"
     " falle personen patienten faelle haufigkeiten todesfalle besetzung"
     " antal antall aantal frequentie patienter personer gevallen liczba liczebnosc osoby numero cantidad"
     " frecuencia personas casos pacientes individuos muertes frequenza frequencia numerosita conteggio persone"
     " pazienti casi pessoas obitos decessi lukumaara pocet"),
    (Meaning.MARGIN, "all total totals overall ensemble tous toutes gesamt margin margins everyone"),
    (Meaning.KEY, "year month week quarter day date time age sex gender sexe annee mois semaine trimestre jahr"
     " monat decile quintile quartile tertile group groupe cluster code region dept department departement class"
     " category categorie stage grade level band bin interval index id rank version period periode chapter"),
)  # fmt: skip
_MEANING = {word: meaning for meaning, words in reversed(_WORDS) for word in words.split()}
# Counts of things that are no people: the settings of a model, the shape of a file.
_TECHNICAL = of(
    "feature features estimator estimators split splits iter iters iteration iterations fold folds param "
    "params parameter parameters component components tree trees leaf leaves depth job jobs epoch epochs "
    "layer layers variable variables column columns seed bin bins neighbors neighbours degree batch "
    "threads core cores knots term terms coefficient coefficients class classes level levels step steps "
    "char chars token tokens clusters layout width height lag horizon version df dof ranking importance port"
)
# Amounts of something, and places in an order.
_AMOUNTS = of(
    "cost costs price prices income wage wages salary revenue amount fee dose score scores rating rate "
    "rates ratio age ages weight height length width bmi duration days hours minutes seconds months years "
    "distance temperature pressure euros cout couts prix revenu salaire dose poids taille duree jours "
    "heures minutes kosten preis einkommen alter gewicht dauer coste edad peso costo importo kosten "
    "leeftijd auc accuracy loss rank ranks order "
)
_BOUND = re.compile(r"^(\d{1,2}(\.\d+)?) ?%$")  # pandas' describe()
_POSITION = re.compile(r"^(p|q|pct|perc|percentile|quantile) ?(\d{1,2}|0?\.\d+|1|2|3)$")
_FREEDOM = re.compile(
    r"\b(residual|resid|residuals|error|residuels)\b.*\b(df|dof|ddl|degrees)\b|"
    r"\b(df|dof)\b ?(resid\w*|error)\b|^dof$"
)
_SCALED = re.compile(r"\b(per|pour) ?(1|10|100|1000|100000|mille|million|head|capita|patient|person)")
_CODE = re.compile(r"^[NnSs]\d{2,3}(\.\d+)?$")  # N18 is a diagnosis; n1 is a count
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words_of(name: str) -> tuple[str, ...]:
    """Its words in lower case without accents: `nbPatients (2020)` is nb, patients, 2020."""
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", name))
    return tuple(re.findall(r"[a-z]+|\d+(?:\.\d+)?", plain.encode("ascii", "ignore").decode().lower()))


@lru_cache(maxsize=4096)
def meaning_of(name: str) -> Meaning:
    """What a column or row with this name holds, as far as the name says."""
    if _BOUND.match(name.strip()):
        return Meaning.POSITION
    if _CODE.match(name.strip()):
        return Meaning.OTHER
    words = words_of(name[:200])
    said = " ".join(words)
    if _FREEDOM.search(said):
        return Meaning.FREEDOM
    if _POSITION.match(said) or any(
        re.fullmatch(r"[pq]\d{1,2}", word) for word in re.split(r"[^a-z0-9]+", name.lower())
    ):
        return Meaning.POSITION
    if "%" in name:
        return Meaning.COUNT if re.search(r"\b(n|no|nb)\b\W*%|%\W*\b(n|no|nb)\b", name.lower()) else Meaning.PERCENT
    if _TECHNICAL & set(words):
        return Meaning.OTHER
    found = {_MEANING[word] for word in words if word in _MEANING}
    if Meaning.COUNT in found and _SCALED.search(said):
        return Meaning.OTHER
    return next((meaning for meaning, _ in _WORDS if meaning in found), Meaning.OTHER)


def counts_nobody(name: str) -> bool:
    """Whether it is called after a setting of a model, the shape of a file, a rate, or an amount of something."""
    words = words_of(name[:200])
    return bool((_TECHNICAL | _AMOUNTS) & set(words)) or bool(_SCALED.search(" ".join(words)))


def is_margin(label: str) -> bool:
    """Whether a row or column with this name is the total over the others, and no measure called so."""
    words = words_of(label)
    return 0 < len(words) <= 3 and any(_MEANING.get(word) is Meaning.MARGIN for word in words)
