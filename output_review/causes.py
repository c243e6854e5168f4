"""Why requests are returned or rejected, as far as figures go. Pure."""

from enum import StrEnum


class Cause(StrEnum):
    """Why a request is returned or rejected, as far as figures go; the comment says it for this one."""

    SMALL_COUNTS = "small-counts"
    DOMINANCE = "dominance"
    DIFFERENCING = "differencing"
    SINGLE_PEOPLE = "single-people"
    IDENTIFIERS = "identifiers"
    EXTREMES = "extremes"
    MODEL = "model"
    UNCLEAR = "unclear"
    NOT_NEEDED = "not-needed"
    OTHER = "other"
    UNSAID = "unsaid"


CAUSES = {
    Cause.SMALL_COUNTS: "counts that are too small",
    Cause.DOMINANCE: "one contributor makes up most of a value",
    Cause.DIFFERENCING: "can be worked out from other figures",
    Cause.SINGLE_PEOPLE: "rows or points of single people",
    Cause.IDENTIFIERS: "names, dates or identifiers",
    Cause.EXTREMES: "smallest or largest values",
    Cause.MODEL: "a model that may hold its data",
    Cause.UNCLEAR: "not explained well enough to be checked",
    Cause.NOT_NEEDED: "more than the purpose needs",
    Cause.OTHER: "something else",
    Cause.UNSAID: "not said",
}
