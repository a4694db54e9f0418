"""Retry-After in both of its forms, by the server's clock."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.clock import DAY, MINUTE, SECOND, Millis
from omnitui.sdk import retry_after

NOW: Millis = 1_750_000_000_000


def date(at: Millis) -> str:
    return format_datetime(datetime.fromtimestamp(at // 1000, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", 120_000),
        (" 0 ", 0),
        ("1.5", 1_500),
        ("99999999999999999999", DAY),
        pytest.param("9" * 400, DAY, id="more than a float holds"),
        (date(NOW + MINUTE), MINUTE),
        (date(NOW - MINUTE), 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("Fri, 99 Foo 2025 10:00:00 GMT", None),
    ],
)
def test_wait_is_read_from_seconds_and_dates(value: str, wait: Millis | None) -> None:
    assert retry_after({"Retry-After": value}, NOW) == wait


@given(st.integers(-3 * DAY, 3 * DAY), st.integers(0, 600))
def test_wait_until_a_date_does_not_depend_on_our_own_clock(wrong_by: Millis, seconds: int) -> None:
    headers = {"Date": date(NOW), "Retry-After": date(NOW + seconds * SECOND)}
    assert retry_after(headers, NOW + wrong_by) == seconds * SECOND


def test_answer_without_the_header_asks_for_nothing() -> None:
    assert retry_after({}, NOW) is None
