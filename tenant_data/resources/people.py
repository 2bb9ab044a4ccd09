"""People in files: by their e-mail address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy

from console.importing.widgets import Known, SeveralKnown


def users_by_email(emails: Iterable[str]) -> dict[str, Any]:
    return {user.email: user for user in get_user_model().objects.filter(email__in=emails)}


def a_user() -> Known:
    """The widget of a column with one user."""
    return Known(
        users_by_email,
        key=lambda user: user.email,
        unknown=gettext_lazy(
            "There is no user “%(value)s” here. Add the user first, or leave the cell empty."
        ),
    )


def several_users(*, at_most: int) -> SeveralKnown:
    """The widget of a column with several users."""
    return SeveralKnown(
        users_by_email,
        key=lambda user: user.email,
        unknown=gettext_lazy(
            "There is no user “%(value)s” here. Add the user first, or leave them out."
        ),
        at_most=at_most,
    )
