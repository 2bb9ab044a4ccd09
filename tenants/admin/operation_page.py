"""What the page that follows one operation says, and what can be done from there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from tenants.admin.base import (
    STATE_LABELS,
    client_url,
    may_ask_for,
    may_invite,
    origin_of,
)
from tenants.admin.durations import duration_in_words
from tenants.models import ClientStatus, Operation, OperationKind, OperationState, RolloutState
from tenants.operations.hindrance import retry_hindrance
from tenants.operations.invite import address
from tenants.operations.parts import has_applied_parts
from tenants.operations.progress import steps_of

#: How many lines of the log a page shows; the newest, if there are more.
LINES_SHOWN = 200

_STEP_STATES = {
    "todo": _("still to come"),
    "running": _("under way"),
    "done": _("done"),
    "failed": _("failed"),
}
_STEP_ICONS = {
    "todo": "radio_button_unchecked",
    "running": "progress_activity",
    "done": "check_circle",
    "failed": "error",
}


@dataclass(frozen=True, slots=True)
class Button:
    """A way on. ``posts`` does something at once; the others lead to a page."""

    url: str
    text: str
    icon: str
    is_main: bool = False
    posts: bool = False
    new_tab: bool = False

    @property
    def variant(self) -> str:
        return "primary" if self.is_main else "default"


def facts(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    """What the page and its live part show, with a ``version`` that changes when they would."""
    prefetch_related_objects([operation], "events")
    lines = list(operation.events.all())
    client = operation.client
    held, paused = is_held_back(operation), _is_paused(operation)
    shown: dict[str, Any] = {
        "operation": operation,
        "client": client,
        "client_url": client_url(client),
        "label": STATE_LABELS[operation.state],
        "lines": lines[-LINES_SHOWN:],
        "lines_are_cut": len(lines) > LINES_SHOWN,
        "steps": _steps(operation),
        "took": duration_in_words(operation.duration),
        # Seconds, for the page to go on counting from.
        "elapsed": f"{operation.duration.total_seconds():.1f}" if _is_running(operation) else "",
        "held_back": held,
        "is_paused": paused,
        "version": f"{operation.state}.{operation.attempts}.{lines[-1].pk if lines else 0}"
        + (".held" if held else "")
        + (".paused" if paused else ""),
        "live_url": reverse("admin:tenants_operation_live", args=[operation.pk]),
        "next": "",
        "buttons": [],
    }
    return shown | _next(request, operation)


def _steps(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "label": step.label,
            "state": step.state,
            "in_words": _STEP_STATES[step.state],
            "icon": _STEP_ICONS[step.state],
            "took": duration_in_words(None if step.seconds is None else timedelta(0, step.seconds)),
            # As with the whole: for the page to go on counting from.
            "elapsed": f"{step.seconds:.1f}" if step.state == "running" and step.seconds else "",
        }
        for step in steps_of(operation)
    ]


def is_held_back(operation: Operation) -> bool:
    """Whether it waits until its client is reactivated, and not for a worker."""
    return (
        operation.state == OperationState.QUEUED
        and operation.queued
        and operation.client.is_suspended
    )


def _is_paused(operation: Operation) -> bool:
    """Whether it waits until somebody has its rollout go on."""
    waits = operation.state == OperationState.QUEUED
    rollout = operation.rollout if waits else None
    return rollout is not None and rollout.state == RolloutState.PAUSED


def _is_running(operation: Operation) -> bool:
    return operation.state == OperationState.RUNNING and operation.started_at is not None


def _next(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    """What comes next, in a sentence, and the buttons that lead there."""
    match operation.state:
        case OperationState.QUEUED:
            return _while_waiting(request, operation)
        case OperationState.FAILED:
            return _after_failure(request, operation)
        case OperationState.CANCELLED:
            return {"next": _after_cancelling(operation), "buttons": [_back(operation)]}
        case OperationState.SUCCEEDED:
            return _after_success(request, operation)
    return {}


def _after_cancelling(operation: Operation) -> str:
    if has_applied_parts(operation):
        return _t("What its log says was applied stays. Asked for again, it goes on from there.")
    return _t("Nothing was done, and the client is as it was. It can be asked for again.")


def _while_waiting(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    if not may_ask_for(request, operation.kind):
        return {}
    url = reverse("admin:tenants_operation_cancel", args=[operation.pk])
    return {"buttons": [Button(url, _t("Cancel it"), "cancel")]}


def _after_failure(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    if not may_ask_for(request, operation.kind):
        return {"buttons": [_back(operation)]}
    open_operation = operation.client.operations.open().first()
    refusal = retry_hindrance(
        operation, operation.client, open_operation=open_operation, among_many=False
    )
    if refusal:
        text = _t("It cannot be tried again: %(reason)s") % {"reason": refusal}
        return {"next": text, "buttons": [_back(operation)]}
    url = reverse("admin:tenants_operation_retry", args=[operation.pk])
    # What destroys is asked about once more.
    posts = operation.kind != OperationKind.DROP_SCHEMA
    return {
        "buttons": [
            Button(url, _t("Try again"), "replay", is_main=True, posts=posts),
            _back(operation),
        ]
    }


def _after_success(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    client = operation.client
    if operation.kind == OperationKind.DROP_SCHEMA:
        text = _t(
            "The schema and everything in it are gone. The client's row and its history stay."
        )
        return {"next": text, "buttons": [_back(operation, is_main=True)]}
    if client.status != ClientStatus.ACTIVE:
        return {"buttons": [_back(operation, is_main=True)]}  # Its pages are closed by now.
    domain = client.get_primary_domain()
    if domain is None:
        text = _t("The schema is made. Give the client a domain, so that it can be reached.")
        return {"next": text, "buttons": [_back(operation, is_main=True)]}
    url = address(domain.domain, origin_of(request))
    invites = operation.kind == OperationKind.CREATE_SCHEMA and may_invite(request)
    visit = Button(url, _t("Open the tenant"), "open_in_new", is_main=not invites, new_tab=True)
    if operation.kind == OperationKind.MIGRATE_SCHEMA:
        return {"buttons": [visit, _back(operation)]}
    buttons = [visit]
    if invites:
        url = reverse("admin:tenants_client_sign_in_link", args=[client.pk])
        buttons = [Button(url, _t("Show sign-in link"), "key", is_main=True), visit]
    if operation.kind == OperationKind.ADOPT_SCHEMA:
        return {"buttons": [_back(operation, is_main=True)]}
    text = _t("The client can be used now. Its first admin, %(name)s, needs the sign-in link.")
    return {"next": text % {"name": client.admin_name}, "buttons": [*buttons, _back(operation)]}


def _back(operation: Operation, *, is_main: bool = False) -> Button:
    return Button(client_url(operation.client), _t("Go to the client"), "apartment", is_main)
