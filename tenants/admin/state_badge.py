"""How things stand with a client, and how far its schema has come, as labels."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t

from tenants import schema_state
from tenants.models import OPEN_STATES, Client, ClientStatus, OperationKind, OperationState

STATUS_LABELS: dict[str, str] = {
    ClientStatus.DRAFT: "",
    ClientStatus.PROVISIONING: "info",
    ClientStatus.ACTIVE: "success",
    ClientStatus.SUSPENDED: "warning",
    ClientStatus.ARCHIVED: "",
}
SCHEMA_LABELS = {
    schema_state.WAITING: "warning",
    schema_state.MAKING: "info",
    schema_state.READY: "success",
    schema_state.BEHIND: "warning",
    schema_state.FAILED: "danger",
    schema_state.MISSING: "danger",
}


def status_badge(client: Client) -> SafeString:
    return label(ClientStatus(client.status).label, STATUS_LABELS[client.status])


def badge(client: Client) -> SafeString:
    """The state of the schema; a second label where a schema that is made is worked on, or was in
    vain. Needs ``with_schema_state``."""
    state = client.schema_state
    text = schema_state.STATES[state]
    if state == schema_state.BEHIND:
        text = _t("Behind by %(n)d") % {"n": client.behind}
    labels = [label(text, SCHEMA_LABELS.get(state, ""))]
    if client.is_provisioned and client.latest:
        drops = client.latest["kind"] == OperationKind.DROP_SCHEMA
        if client.latest["state"] == OperationState.FAILED and drops == client.is_archived:
            failed = _t("Dropping failed") if drops else _t("Last migration failed")
            labels.append(label(failed, "danger"))
        elif client.latest["state"] == OperationState.QUEUED:
            waits = _t("Waits to be dropped") if drops else _t("Migration waits")
            labels.append(label(waits, "warning"))
        elif client.latest["state"] in OPEN_STATES:
            labels.append(label(_t("Being dropped") if drops else _t("Being migrated"), "info"))
    return SafeString(" ".join(labels))


def label(text: Any, kind: str) -> SafeString:
    """A label of Unfold's: ``success``, ``info``, ``warning``, ``danger``, or none of them."""
    return _label(str(text), kind)


@lru_cache(maxsize=256)
def _label(text: str, kind: str) -> SafeString:
    # A list has a hundred of a few different ones.
    return SafeString(
        render_to_string("unfold/helpers/label.html", {"text": text, "type": kind}).strip()
    )
