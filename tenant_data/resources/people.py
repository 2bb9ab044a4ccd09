"""People in files: by their e-mail address, or by the name that they have here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

from console.importing.exceptions import CellError
from console.importing.widgets import Known, SeveralKnown
from console.names import one_name


def users_called(texts: Iterable[str]) -> dict[str, Any]:
    """The users with one of the addresses or full names, by both in lower case; for a name that
    several have, the error that says so."""
    texts = list(texts)
    asked = Q(email__in=texts) | Q(name__in=texts) | Q(lowered__in=texts)
    users = list(get_user_model().objects.alias(lowered=Lower("name")).filter(asked))
    found: dict[str, Any] = {}
    for user in users:
        if name := one_name(user.name).lower():
            message = gettext_lazy(
                "Several people here are called “%(value)s”. Give the e-mail address of one."
            )
            found[name] = CellError(message, value=user.name) if name in found else user
    # An address is one person's, whatever others are called.
    return found | {user.email: user for user in users}


def a_user() -> Known:
    """The widget of a column with one user."""
    return Known(
        users_called,
        key=lambda user: user.email,
        unknown=gettext_lazy(
            "There is no user “%(value)s” here. Add the user first, or leave the cell empty."
        ),
        content="email",
    )


def several_users(*, at_most: int) -> SeveralKnown:
    """The widget of a column with several users."""
    return SeveralKnown(
        users_called,
        key=lambda user: user.email,
        unknown=gettext_lazy(
            "There is no user “%(value)s” here. Add the user first, or leave them out."
        ),
        at_most=at_most,
        content="email",
    )
