"""Every safeguard that is taken out must be missed: a suite that stays green without it proves nothing about it."""

from __future__ import annotations

import pytest

from tests.planted import patches, trees

BUGS = patches.every()


def test_the_named_tests_pass_without_any_bug():
    """A test that fails anyway notices nothing."""
    named = sorted({selector for bug in BUGS for selector in bug.noticed_by})
    with trees.copied() as root:
        run = trees.run(root, named)

    assert run.code == 0, run.output[-6000:]
    assert not run.failed
    silent = [name for name in named if not any(node.startswith(name) for node in run.passed)]
    assert silent == [], "these were skipped or are not there"


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_noticed(bug: patches.Bug):
    """The head of the patch says which safeguard is gone and which tests must fail: each of them must."""
    with trees.copied() as root:
        trees.plant(bug, root)
        run = trees.run(root, bug.noticed_by)

    assert run.code == 1, f"{bug.removes}\n{run.output[-4000:]}"
    assert not run.broken, run.output[-4000:]
    blind = [selector for selector in bug.noticed_by if not run.failed_in(selector)]
    assert blind == [], f"nobody there noticed: {bug.removes}\n{run.output[-4000:]}"


def test_there_are_as_many_as_were_promised():
    """A bug that quietly leaves the folder would not be missed by anybody."""
    assert len(BUGS) >= 30
