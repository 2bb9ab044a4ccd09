"""django-axes, with limits for places too, and keeping less."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from console.throttling.names import ASKING, name_of
from console.throttling.rules import free_at

logger = logging.getLogger(__name__)


class Handler(AxesDatabaseHandler):
    """Counts as django-axes does. Whether somebody has to wait is one rule, in ``rules``."""

    def get_failures(
        self, request: HttpRequest, credentials: Mapping[str, Any] | None = None
    ) -> int:
        """As many as are too many where somebody has to wait, or none."""
        name = name_of(request, credentials)
        waits = free_at(name, request.axes_ip_address) is not None
        return settings.AXES_FAILURE_LIMIT if waits else 0

    def user_login_failed(
        self, sender: Any, credentials: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        """Whoever is told to wait from now on is in the log, once: where they are, not the name."""
        if request is None:
            return
        was_waiting = request.axes_locked_out
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request.axes_locked_out and not was_waiting and name_of(request, credentials) != ASKING:
            logger.warning(
                "Too many failed sign-ins from %s in %s: they have to wait.%s",
                request.axes_ip_address,
                connection.schema_name,
                _doubt(request),
            )


@receiver(pre_save, sender=AccessAttempt)
def keep_no_forms(instance: AccessAttempt, **kwargs: Any) -> None:
    """What was sent is of no use here, and may be a password that was typed into another field."""
    instance.get_data = instance.post_data = ""


def has_to_wait(request: HttpRequest, name: str) -> bool:
    """Whether ``name`` may not be tried now from where the request comes from."""
    return not AxesProxyHandler.is_allowed(request, {"username": name})


def note_failure(request: HttpRequest, name: str) -> None:
    """Count one. Where it is one too many, django-axes' middleware answers the request."""
    AxesProxyHandler.user_login_failed(__name__, {"username": name}, request)


def note_asking(request: HttpRequest) -> None:
    """Count that a mail was asked for; this one is still sent."""
    note_failure(request, ASKING)
    request.axes_locked_out = False


def _doubt(request: HttpRequest) -> str:
    if "X-Forwarded-For" in request.headers and not settings.PROXY_COUNT:
        return " If that is a proxy of yours, everybody behind it waits: set CONSOLE_PROXIES."
    return ""
