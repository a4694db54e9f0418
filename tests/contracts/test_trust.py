"""docs/trust.md says what tests have found, and only of tests that are there."""

from __future__ import annotations

from docs import trust
from docs.trust import Figure, merged

HERE = "tests/contracts/test_trust.py"
OTHER = f"{HERE}::test_page_shows_each_promise_once_with_every_figure"


def a_figure(test: str, promise: str = "It holds.", figure: str = "3 tried", form: str = "short") -> Figure:
    return Figure(promise, figure, test, form, "2026-01-02")


def test_page_shows_each_promise_once_with_every_figure() -> None:
    kept = trust.figures(trust.KEPT)
    page = trust.page()
    assert len({one.promise for one in kept}) > 10
    for one in kept:
        assert page.count(f"| {one.promise} |") == 1, one.promise
        assert one.figure in page


def test_tests_behind_the_promises_exist() -> None:
    assert [one.test for one in trust.figures(trust.KEPT) if not trust.exists(one)] == []


def test_long_form_takes_the_place_of_the_short_one() -> None:
    short, long = a_figure(f"{OTHER}[1]"), a_figure(f"{OTHER}[1000]", figure="1,000 tried", form="long")
    assert merged([], [short, long]) == [long]
    assert merged([long], [short]) == [long]


def test_newer_run_takes_the_place_of_the_older_whatever_its_parameters_were_called() -> None:
    old, new = a_figure(f"{OTHER}[a]"), a_figure(f"{OTHER}[b]", figure="4 tried")
    assert merged([old], [new]) == [new]


def test_figure_of_a_test_that_is_gone_is_dropped() -> None:
    assert merged([a_figure(f"{HERE}::test_never_was")], [a_figure("tests/contracts/test_gone.py::test_x")]) == []
