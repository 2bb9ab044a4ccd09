"""People in files: by their e-mail address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model


def users_by_email(emails: set[str]) -> dict[str, Any]:
    return {user.email: user for user in get_user_model().objects.filter(email__in=emails)}
