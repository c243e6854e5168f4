"""A small part of `make evaluate` with a seed of its own: a change that misses more is seen at once."""

import warnings

from benchmarks.evaluation.evaluate import corpus, judged
from output_review.checks.registry import Context, registered


def test_the_checks_of_a_file_alone_find_what_is_unsafe_and_block_nothing_safe():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        blind = [check for check in registered() if not check.needs]
        found = list(judged(corpus(31, 1), Context(), blind))
    unsafe, safe = ([one for one in found if bool(one.file.broken) is side] for side in (True, False))
    assert len(unsafe) > 60 and len(safe) > 25
    missed = [(one.file.name, one.file.study) for one in unsafe if not one.rules]
    assert len(missed) <= 0.03 * len(unsafe), missed
    blocked = [(one.file.name, one.file.study) for one in safe if one.blocked]
    assert len(blocked) <= 0.03 * len(safe), blocked
