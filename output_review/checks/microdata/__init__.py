"""Checks that need the granted data or earlier releases: each module with a check has one, called CHECK.

From the bottom up: `canonical` (what a cell says), `sources` (the tables of a dataset), `index` (ranks of
values), `sealed` (an index on disk), `fields` (where a file's cells stand in the data), `joint` (how many people
have all of a row's values), `mapping` (which column is which), `quantiles` and `records` (the test for rows of
the data), `held` (what a run is given). The checks are `rows_of_data` and those beside it.
"""
