"""A new password for somebody who has forgotten theirs: a link, sent to their own address."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone, translation

from console.accounts.history import UserEvent
from console.accounts.links import own_link
from console.accounts.mail import MailNotTaken, send_sign_in_link
from console.accounts.models import User
from console.history.acting import BY_A_STRANGER
from console.history.models import LogEntry
from console.history.record import record_event

logger = logging.getLogger(__name__)

#: So often an address is sent such a mail at the most.
ONCE_IN = timedelta(minutes=5)
#: How long the mail server has for each of its answers (seconds). Strangers set this off, and a
#: thread that answers pages waits meanwhile.
_PATIENCE = 3


class RedirectThen(HttpResponseRedirect):
    """A redirect that does something once it is with the browser: how long that takes, and whether
    there was anything to do, cannot be told from the answer."""

    def __init__(self, redirect_to: str, then: Callable[[], None]) -> None:
        super().__init__(redirect_to)
        self._then = then

    def close(self) -> None:
        # The connections to the database are given back after it, whatever becomes of it.
        try:
            self._then()
        finally:
            super().close()


def send_new_link(request: HttpRequest, email: str, *, place: Any, language: str) -> None:
    """Send a sign-in link to the user of this side who has the address and may sign in, if there
    is one and none was sent within ``ONCE_IN``.

    That it was asked for is committed before the mail server is spoken to. What went wrong is
    logged, and written into the user's history.
    """
    user = _asked_for(email)
    if user is None:
        return
    sent = UserEvent.RESET_SENT
    try:
        with translation.override(language):
            link = own_link(request, user)
            send_sign_in_link(user, link, place=place, timeout=_PATIENCE)
    except MailNotTaken as exc:
        logger.warning("A link for a new password was not sent: %s", exc)
        sent = UserEvent.RESET_NOT_SENT
    record_event(user, sent, email=user.email, **{BY_A_STRANGER: True})


def _asked_for(email: str) -> User | None:
    """The user who is to have a mail; that it was asked for is written down."""
    with transaction.atomic():
        # Locked: of two who ask at the same moment, the second finds what the first has written.
        # The history is asked, for each process has a cache of its own.
        users = User.objects.filter(is_active=True, is_staff=True).select_for_update()
        user = users.filter(email=User.objects.normalize_email(email)).first()
        if user is None:
            return None
        since = timezone.now() - ONCE_IN
        lately = LogEntry.objects.about(user).filter(event=UserEvent.RESET_ASKED)
        if lately.filter(timestamp__gt=since).exists():
            return None
        record_event(user, UserEvent.RESET_ASKED, email=user.email, **{BY_A_STRANGER: True})
    return user
