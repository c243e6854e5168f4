"""Tables as researchers make them, by plain Python: what the checks say is compared with what went in."""

from collections import defaultdict
from itertools import product


def groups(columns, by, keep=lambda row: True):
    """The rows of each group."""
    found = defaultdict(list)
    for row, key in enumerate(zip(*(columns[name] for name in by), strict=True)):
        if keep({name: cells[row] for name, cells in columns.items()}):
            found[key].append(row)
    return dict(sorted(found.items()))


def long(columns, by, keep=lambda row: True, **measures):
    """A group-by: each measure is a column of the data and a function of its values in a group."""
    found = groups(columns, by, keep)
    file = {name: [key[at] for key in found] for at, name in enumerate(by)}
    for name, (of, how) in measures.items():
        file[name] = [how([columns[of][row] for row in rows]) for rows in found.values()]
    return file


def crosstab(columns, down, along, keep=lambda row: True, totals=False):
    """Counts of one column down and one along the top, as `pandas.crosstab` writes them."""
    found = groups(columns, (down, along), keep)
    rows, tops = sorted(set(columns[down])), sorted(set(columns[along]))
    file = {down: list(rows)} | {str(top): [] for top in tops}
    for row, top in product(rows, tops):
        file[str(top)].append(len(found.get((row, top), ())))
    if totals:
        for name in map(str, tops):
            file[name].append(sum(file[name]))
        file[down].append("All")
        file["All"] = [sum(file[str(top)][at] for top in tops) for at in range(len(rows) + 1)]
    return file
