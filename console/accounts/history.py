"""What is written into the history of people beside changes of their fields, in words."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class UserEvent(StrEnum):
    """What can happen to a user. The values are in the history for good."""

    DEACTIVATED = "user_deactivated"
    REACTIVATED = "user_reactivated"
    LINK_SHOWN = "user_link_shown"
    LINK_BEING_SENT = "user_link_being_sent"
    LINK_SENT = "user_link_sent"
    LINK_NOT_SENT = "user_link_not_sent"
    RESET_ASKED = "user_reset_asked"
    RESET_SENT = "user_reset_sent"
    RESET_NOT_SENT = "user_reset_not_sent"
    LET_TRY_AGAIN = "user_let_try_again"


#: A name for the filter of the log, and the sentence with its details.
EVENTS: dict[str, tuple[Any, Any]] = {
    UserEvent.DEACTIVATED: (_("User deactivated"), _("Deactivated")),
    UserEvent.REACTIVATED: (_("User reactivated"), _("Reactivated")),
    UserEvent.LINK_SHOWN: (
        _("Sign-in link of a user shown"),
        _("Sign-in link of %(email)s shown"),
    ),
    UserEvent.LINK_BEING_SENT: (
        _("Sign-in link of a user being sent"),
        _("Sign-in link being sent to %(email)s"),
    ),
    UserEvent.LINK_SENT: (
        _("Sign-in link of a user sent"),
        _("Sign-in link sent to %(email)s"),
    ),
    UserEvent.LINK_NOT_SENT: (
        _("Sign-in link of a user not sent"),
        _("Sign-in link to %(email)s could not be sent"),
    ),
    UserEvent.RESET_ASKED: (
        _("New password asked for"),
        _("A new password for %(email)s was asked for on the sign-in page"),
    ),
    UserEvent.RESET_SENT: (
        _("Link for a new password sent"),
        _("Link for a new password sent to %(email)s"),
    ),
    UserEvent.RESET_NOT_SENT: (
        _("Link for a new password not sent"),
        _("Link for a new password to %(email)s could not be sent"),
    ),
    UserEvent.LET_TRY_AGAIN: (
        _("User let try to sign in again"),
        _("%(email)s was let try to sign in again"),
    ),
}
