"""Automatic evidence: what an output could reveal, said place by place. Checks inform; a person decides.

How it hangs together, from the bottom up:

- `findings`     the words: `Severity`, the ordered `Verdict` with `worst()`, `Rule`, `Finding`, `Report`
- `parts`        what a check is shown: a `Part` is one thing found at one place of a file (the file itself, a
                 sheet, a member of an archive, an output of a notebook, the points of a figure, an array in a
                 model), of one `Form`; a table among them carries a `Sheet`
- `thresholds`   the numbers to measure by; of several datasets' policies the strictest
- `registry`     `Check`, `Context`, and `registered()`, which finds every check by itself
- `grids`        a sheet's cells as numbers, with what each column and row measures
- `unpack`       a file's parts, with bounds on depth, number and size
- `examination`  every check that reads a part's form, over every part: a stream of events
- `bounded`      the same in a child of its own, with limits on time and memory and an empty environment
- `__main__`     `python -m output_review.checks FILE... --data NAME=FOLDER [--earlier FOLDER] --json`

A check is one module of `blind` (the file alone) or `microdata` (needs the granted data or earlier releases), with
an instance of a `Check` called `CHECK`; nothing else has to be told. It says which forms it reads, what it needs,
what it cannot see, its rules (formula, source, advice) and an example for its page in the docs:

    class MinimumCount(Check):
        name = "minimum-count"
        title = "Counts of few people"
        reads = frozenset({Form.TABLE})
        needs = frozenset()                         # or {Need.MICRODATA}, {Need.EARLIER}
        cannot_see = "counts that no column and no row is named after"
        rules = (SMALL,)

        def look(self, part, context):              # a generator of findings; context has thresholds, data, earlier
            yield SMALL.finding(part.at(row=3, column=2), "Only 4 people.", 4, context.thresholds.min_count)

        def example(self):
            return table(("region", "n"), [("North", 4)])

A check that needs something slow to make (an index of the data) makes it in `prepare(context)`, which runs once
before any file, in a child that may write into `context.scratch`; `look` runs in a child that can write nothing. A
check that raises, or that does not end in time, is "not checked", and the file goes to a person.
"""
