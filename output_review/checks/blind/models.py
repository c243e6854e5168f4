"""Models: those that keep their training rows, leaves of few people, code that runs when one is loaded."""

from collections.abc import Iterator

from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.measures import of
from output_review.checks.parts import Form, Part
from output_review.checks.registry import Check, Context

STORED = Rule(
    "stored-rows",
    "the model is of a class that keeps training rows, or keeps an array under a name that such classes use",
    "SACRO-ML InstanceBasedAttack; DISCLOSURE §2: 27 of 165 scikit-learn estimators hold training rows verbatim",
    "Fit a model that keeps parameters only, or release its predictions' performance instead of the model.",
    Severity.BLOCK,
)
ROWS = Rule(
    "rows-of-features",
    "an array of at least t rows that is as wide as the model has features",
    "DISCLOSURE §2: arrays of training rows have the width of the training data",
    "Say in the request what the rows are, if they are none of people (centres of clusters, components).",
)
EACH = Rule(
    "value-of-each",
    "the model is of a class that keeps a label or a position for each person it was fitted to",
    "SACRO-ML: labels and embeddings of single people are record-level outputs",
    "Release the sizes of the clusters, or means of groups.",
)
LEAF = Rule(
    "small-leaf",
    "min over leaves of the people in it < t",
    "SACRO-ML rules.json: min_samples_leaf at least 5; its equivalence classes at least 10; arXiv 2502.09396",
    "Fit the tree or forest with min_samples_leaf of at least the threshold.",
    Severity.BLOCK,
)
CAPACITY = Rule(
    "capacity",
    "n − p < residual_dof, n = people told in the model, p = numbers in its arrays",
    "SACRO-ML structural attack and ACRO: residual degrees of freedom of at least 10",
    "Fit a smaller model, or more people.",
)
DISTINCT = Rule(
    "distinct-values",
    "the model is of a class that keeps every distinct value of a column",
    "DISCLOSURE §2: encoders and QuantileTransformer hold every distinct value",
    "Fit the encoder on declared categories instead of the data.",
)
RUNS = Rule(
    "code-when-loaded",
    "loading would call something outside the libraries that models are made of",
    "Python's documentation of pickle: “only unpickle data you trust”",
    "Save the model with skops, or as ONNX, or its parameters as a table.",
    Severity.BLOCK,
)
_STORING = of(
    "KNeighborsClassifier KNeighborsRegressor KNeighborsTransformer RadiusNeighborsClassifier "
    "RadiusNeighborsRegressor RadiusNeighborsTransformer NearestNeighbors KNNImputer LocalOutlierFactor "
    "GaussianProcessClassifier Isomap GaussianProcessRegressor KernelRidge KernelPCA KernelDensity "
    "LabelSpreading LabelPropagation HDBSCAN Birch SVC LocallyLinearEmbedding SVR NuSVC NuSVR OneClassSVM "
    "Nystroem AffinityPropagation KDTree BallTree cKDTree SVMClassifier SVMRegressor CDist"
)
_ATTRIBUTES = of("_fit_X X_fit_ X_train_ support_vectors_ X_ endog exog _raw_data _X _data training_data")
_EACH = of(
    "TSNE MDS SpectralEmbedding DBSCAN OPTICS AgglomerativeClustering SpectralClustering FeatureAgglomeration"
)
_ENCODERS = of(
    "OneHotEncoder OrdinalEncoder TargetEncoder QuantileTransformer LabelEncoder LabelBinarizer KBinsDiscretizer"
)
_MADE_OF = tuple(
    of(
        "sklearn. numpy. scipy. pandas. pyarrow. joblib. lightgbm. xgboost. statsmodels. skops. collections. "
        "datetime. copyreg. functools.partial _codecs.encode decimal. uuid. torch. builtins.set "
        "builtins.frozenset builtins.slice builtins.range builtins.complex builtins.bytearray builtins.object "
        "builtins.list builtins.dict builtins.tuple builtins.int builtins.float builtins.str builtins.bytes "
        "builtins.bool __builtin__.set random.Random lifelines. patsy. formulaic. catboost. imblearn. "
        "pathlib. zoneinfo. types.SimpleNamespace enum. re._compile"
    )
)


class Models(Check):
    name = "models"
    title = "Models that keep rows, small leaves, code in a file"
    reads = frozenset({Form.MODEL})
    cannot_see = (
        "rows kept by a class that is not known here (record detection sees them); what a network remembers"
    )
    rules = (STORED, ROWS, EACH, LEAF, CAPACITY, DISTINCT, RUNS)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        threshold = context.thresholds.min_count
        for name in part.told("called"):
            if not name.startswith(_MADE_OF):
                yield RUNS.finding(part.place, f"{part.name}: loading it would call {name[:100]}.", name[:100])
        for name in part.told("class"):
            last = name.rpartition(".")[2]
            if last in _STORING:
                yield STORED.finding(
                    part.place, f"{part.name} holds a {last}, which keeps its training rows.", last
                )
            elif last in _EACH:
                yield EACH.finding(part.place, f"{part.name} holds a {last}, which keeps a value of each.", last)
            elif last in _ENCODERS:
                yield DISTINCT.finding(
                    part.place, f"{part.name} holds a {last}, which keeps distinct values.", last
                )
        yield from _arrays(part, threshold)
        yield from _trees(part, threshold)
        yield from _capacity(part, context.thresholds.residual_dof)

    def example(self) -> Part:
        facts = (("class", "sklearn.neighbors._classification.KNeighborsClassifier"), ("array", "._fit_X 300 6"))
        return Part(Form.MODEL, "model.pkl, as an object", facts=facts)


def _arrays(part: Part, threshold: int) -> Iterator[Finding]:
    features = next(iter(part.told("features")), "")
    for told in part.told("array"):
        path, rows, width = told.rsplit(" ", 2)
        place = {**part.place, "member": path[:200]}
        if path.rpartition(".")[2] in _ATTRIBUTES:
            yield STORED.finding(place, f"{part.name}: {path} keeps {rows} rows.", int(rows))
        elif width == features and int(rows) > max(threshold, int(width)):
            yield ROWS.finding(
                place, f"{part.name}: {path} has {rows} rows of {width} features.", int(rows), threshold
            )


def _trees(part: Part, threshold: int) -> Iterator[Finding]:
    for told in part.told("tree"):
        path, least = told.rsplit(" ", 1)
        place = {**part.place, "member": path[:200]}
        if int(least) < threshold:
            message = f"{part.name}: a leaf of {path} holds {least} people."
            yield LEAF.finding(place, message, int(least), threshold)


def _capacity(part: Part, least: int) -> Iterator[Finding]:
    for people, numbers in zip(part.told("people"), part.told("numbers"), strict=False):
        left = int(people) - int(numbers)
        if left < least:
            message = f"{part.name} keeps {int(numbers):,} numbers about {int(people):,} people."
            yield CAPACITY.finding(part.place, message, left, least)


CHECK = Models()
