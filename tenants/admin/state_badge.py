"""How far a client's schema has come, as the list of clients shows it."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from tenants import schema_state
from tenants.models import OPEN_STATES, Client, OperationState

LABELS = {
    schema_state.WAITING: "warning",
    schema_state.MAKING: "info",
    schema_state.READY: "success",
    schema_state.BEHIND: "warning",
    schema_state.FAILED: "danger",
}


def badge(client: Client) -> SafeString:
    """The state as a label; a second one where a schema that is ready is worked on, or was in
    vain. Needs ``with_schema_state``."""
    if client.schema_state == schema_state.PLATFORM:
        return _label(_t("The console"), "")
    state = client.schema_state
    text = schema_state.STATES[state]
    if state == schema_state.BEHIND:
        text = _t("Behind by %(n)d") % {"n": client.behind}
    labels = [_label(text, LABELS.get(state, ""))]
    work = client.latest["state"] if client.latest else OperationState.SUCCEEDED
    if client.is_provisioned and work == OperationState.FAILED:
        labels.append(_label(_t("Last migration failed"), "danger"))
    elif client.is_provisioned and work in OPEN_STATES:
        labels.append(_label(_t("Being migrated"), "info"))
    return SafeString(" ".join(labels))


def _label(text: Any, kind: str) -> SafeString:
    return SafeString(
        render_to_string("unfold/helpers/label.html", {"text": text, "type": kind}).strip()
    )


class SchemaStateFilter(SimpleListFilter):
    title = _("schema")
    parameter_name = "schema"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return list(schema_state.STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        if self.value() in schema_state.STATES:
            return queryset.filter(schema_state=self.value())
        return queryset
