"""Suspend and reactivate, archive and restore, drop the schema: buttons and their pages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import (
    DATETIME_CLASSES,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from tenants.admin.base import operation_url
from tenants.admin.client_page import ClientPages, QuestionForm
from tenants.exceptions import (
    ClientArchived,
    ClientNotArchived,
    NameDoesNotMatch,
    NotProvisioned,
    RemovalInThePast,
    TenantError,
)
from tenants.models import Client, Operation, OperationKind
from tenants.operations import lifecycle
from tenants.operations.authorise import ARCHIVE, DROP, SUSPEND
from tenants.operations.drop import request_drop
from tenants.operations.hindrance import Step, hindrance, step_hindrance
from tenants.use import held_in_words

#: How long the data of an archived client is kept where nobody says otherwise.
KEPT_FOR = timedelta(days=30)


class SuspendForm(QuestionForm):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=_("Optional. It is kept in the client's history, where staff alone can read it."),
    )


class ArchiveForm(QuestionForm):
    removal_on = forms.DateField(
        label=_("Keep the data until"),
        widget=forms.DateInput(
            {"type": "date", "class": " ".join(DATETIME_CLASSES)}, format="%Y-%m-%d"
        ),
        input_formats=["%Y-%m-%d"],
        help_text=_("From this day on the schema can be dropped. Nothing drops it by itself."),
    )

    def __init__(self, data: Any = None, *, client: Client) -> None:
        super().__init__(data, client=client)
        if not client.is_provisioned:
            del self.fields["removal_on"]  # There is no data to keep.
            return
        today = timezone.localdate()
        self.initial["removal_on"] = client.removal_on or today + KEPT_FOR
        self.fields["removal_on"].widget.attrs["min"] = today.isoformat()

    def clean_removal_on(self) -> date:
        removal_on: date = self.cleaned_data["removal_on"]
        if removal_on < timezone.localdate():
            raise ValidationError(str(RemovalInThePast()))
        return removal_on


class DropForm(QuestionForm):
    typed_name = forms.CharField(
        label=_("Name of the schema"),
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_typed_name(self) -> str:
        typed: str = self.cleaned_data["typed_name"]
        if typed != self.client.schema_name:
            raise ValidationError(str(NameDoesNotMatch(schema=self.client.schema_name)))
        return typed


class ClientLifecycle(ClientPages):
    """The buttons that close a client and open it again, for its ModelAdmin."""

    def has_suspend_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(SUSPEND)

    def has_archive_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(ARCHIVE)

    def has_drop_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(DROP)

    @action(
        description=_("Suspend"),
        permissions=["view", "suspend"],
        url_path="suspend",
        icon="pause_circle",
        variant=ActionVariant.WARNING,
    )
    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def do(client: Client, answer: dict[str, Any]) -> HttpResponse:
            lifecycle.suspend(client, reason=answer["reason"], acting_user=request.user)
            return self.done(request, client, _t("%(client)s is suspended."))

        return self.ask(
            request,
            object_id,
            template="tenants/client_suspend.html",
            title=_("Suspend"),
            form_class=SuspendForm,
            refused=lambda client: refusal_of(client, "suspend"),
            do=do,
        )

    @action(
        description=_("Reactivate"),
        permissions=["view", "suspend"],
        url_path="reactivate",
        icon="play_circle",
        variant=ActionVariant.PRIMARY,
    )
    def reactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def do(client: Client, answer: dict[str, Any]) -> HttpResponse:
            lifecycle.reactivate(client, acting_user=request.user)
            return self.done(request, client, _t("%(client)s is active again."))

        return self.ask(
            request,
            object_id,
            template="tenants/client_reactivate.html",
            title=_("Reactivate"),
            refused=lambda client: refusal_of(client, "reactivate"),
            do=do,
        )

    @action(
        description=_("Archive"),
        permissions=["view", "archive"],
        url_path="archive",
        icon="archive",
        variant=ActionVariant.DANGER,
    )
    def archive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._archive(request, object_id, "archive", _("Archive"))

    @action(
        description=_("Change removal date"),
        permissions=["view", "archive"],
        url_path="removal-date",
        icon="event",
    )
    def change_removal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._archive(request, object_id, "change_removal", _("Change removal date"))

    def _archive(self, request: HttpRequest, object_id: str, name: str, title: Any) -> HttpResponse:
        def do(client: Client, answer: dict[str, Any]) -> HttpResponse:
            day = answer.get("removal_on")
            lifecycle.archive(client, removal_on=day, acting_user=request.user)
            if day is None:
                return self.done(request, client, _t("%(client)s is archived."))
            text = _t("%(client)s is archived. Its data is kept until %(day)s.")
            return self.done(request, client, text, day=date_format(day))

        return self.ask(
            request,
            object_id,
            template="tenants/client_archive.html",
            title=title,
            form_class=ArchiveForm,
            refused=lambda client: refusal_of(client, name),
            do=do,
        )

    @action(
        description=_("Restore"),
        permissions=["view", "archive"],
        url_path="restore",
        icon="unarchive",
        variant=ActionVariant.PRIMARY,
    )
    def restore(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def do(client: Client, answer: dict[str, Any]) -> HttpResponse:
            client = lifecycle.restore(client, acting_user=request.user)
            text = _t("%(client)s is restored. Its status: %(status)s.")
            return self.done(request, client, text, status=client.get_status_display())

        return self.ask(
            request,
            object_id,
            template="tenants/client_restore.html",
            title=_("Restore"),
            refused=lambda client: refusal_of(client, "restore"),
            do=do,
        )

    @action(
        description=_("Drop schema"),
        permissions=["view", "drop"],
        url_path="drop-schema",
        icon="delete_forever",
        variant=ActionVariant.DANGER,
    )
    def drop_schema(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def do(client: Client, answer: dict[str, Any]) -> HttpResponse:
            operation = request_drop(client, **answer, acting_user=request.user)
            return HttpResponseRedirect(operation_url(operation))

        return self.ask(
            request,
            object_id,
            template="tenants/client_drop.html",
            title=OperationKind.DROP_SCHEMA.label,
            form_class=DropForm,
            refused=lambda client: refusal_of(client, "drop_schema"),
            do=do,
            context=lambda client: {"use": held_in_words(client)},
        )


def refusal_of(client: Client, name: str) -> TenantError | None:
    """Why the action of this name cannot be taken with the client as it is, or ``None``.

    The verbs decide; this answers before anyone has filled in a form. One query.
    """
    return action_hindrance(client, name, open_operation=open_operation_of(client))


def open_operation_of(client: Client) -> Operation | None:
    return client.operations.open().first()


def action_hindrance(
    client: Client, name: str, *, open_operation: Operation | None
) -> TenantError | None:
    """The same without a query, for all of a client's buttons at once."""
    if name in OperationKind:
        return hindrance(client, OperationKind(name), open_operation=open_operation)
    if name == "archive" and client.is_archived:
        return ClientArchived(client=client)
    if name == "change_removal" and not client.is_archived:
        return ClientNotArchived(client=client)
    if name == "change_removal" and not client.is_provisioned:
        return NotProvisioned(client=client)
    step = Step.ARCHIVE if name == "change_removal" else Step(name)
    return step_hindrance(client, step, open_operation=open_operation)
