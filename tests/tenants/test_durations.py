"""How long something took, or may take, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenants.admin.durations import about, duration_in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (12, "12 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")],
)
def test_durations_are_short(seconds: float, words: str) -> None:
    assert duration_in_words(timedelta(seconds=seconds)) == words
    assert duration_in_words(None) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "half a second"),
        (0.8, "1 s"),
        (4.4, "4 s"),
        (23, "25 s"),
        (130, "2 min"),
        (9000, "2 h"),
    ],
)
def test_estimates_are_rough(seconds: float, words: str) -> None:
    assert about(timedelta(seconds=seconds)) == words
