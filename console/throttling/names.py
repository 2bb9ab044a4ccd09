"""Under which name a failure is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from console.accounts.models import User

#: A link that does not work, whomever it was for.
LINK = "(link)"
#: A mail with a link that somebody asked for. No failure, but counted as these are.
ASKING = "(asking)"
#: What was typed in is no address: it may be a password in the wrong field, and is not kept.
NO_ADDRESS = "(no address)"


def name_of(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """The address that was tried, as users have it, whether there is such a user or not."""
    text = str((credentials or request.POST).get("username") or "").strip()
    if text in (LINK, ASKING):
        return text
    if "@" not in text:
        return NO_ADDRESS
    return User.objects.normalize_email(text).replace("\x00", "")[:255]
