"""Figures as people write them."""

from __future__ import annotations

from django.utils.formats import number_format


def grouped(value: int) -> str:
    """With the digits of a large one in groups. Not for the number of a line."""
    return str(number_format(value, use_l10n=True, force_grouping=True))
