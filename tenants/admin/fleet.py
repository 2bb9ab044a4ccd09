"""The fleet: all schemas by state, what is wrong with which, and the pages that mend it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from console.filters import DaysFilter
from console.sites import public_site
from tenants.admin.base import (
    HistoryAdmin,
    client_url,
    link,
    may_provision,
    operation_url,
    report_refusal,
)
from tenants.admin.fleet_forms import AdoptForm, DropOrphanForm, FindingForm
from tenants.admin.fleet_page import (
    advice_for,
    again_hindrances,
    buttons_for,
    client_link_of,
    overview,
)
from tenants.admin.state_badge import label
from tenants.exceptions import TenantError
from tenants.models import FindingKind, Operation, SchemaFinding
from tenants.operations import mending
from tenants.operations.authorise import ADD, DROP
from tenants.operations.fleet_check import RIGHTS, request_check

_LABELS = {
    FindingKind.MISSING: "danger",
    FindingKind.ORPHANED: "warning",
    FindingKind.DRIFTED: "warning",
}


@admin.register(SchemaFinding, site=public_site)
class FleetAdmin(HistoryAdmin):
    page_template = "tenants/finding.html"
    menu_title = _("Fleet")
    list_display = ("schema", "state", "client_link", "details", "found_at", "what_next")
    list_display_links = ("schema",)
    list_filter = (("kind", ChoicesDropdownFilter), ("found_at", DaysFilter))
    list_select_related = ("client",)
    list_before_template = "tenants/fleet_overview.html"
    search_fields = ("schema_name", "client__name")
    search_help_text = _("Schema or client")
    ordering = ("schema_name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SchemaFinding]:
        return SchemaFinding.objects.standing().defer("differences")

    @display(description=_("schema"), ordering="schema_name")
    def schema(self, finding: SchemaFinding) -> str:
        return finding.schema_name

    @display(description=_("state"), ordering="kind")
    def state(self, finding: SchemaFinding) -> SafeString:
        return label(finding.get_kind_display(), _LABELS[FindingKind(finding.kind)])

    @display(description=_("client"), ordering="client__name")
    def client_link(self, finding: SchemaFinding) -> SafeString | None:
        return link(client_url(finding.client), finding.client) if finding.client else None

    @display(description=_("differences"), ordering="difference_count")
    def details(self, finding: SchemaFinding) -> int | str | None:
        if not finding.is_ours:
            return _t("Not made by the console")
        return finding.difference_count or None

    @display(description=_("next"))
    def what_next(self, finding: SchemaFinding) -> SafeString | None:
        rows = [(button.url, button.text, finding.schema_name) for button in finding.buttons]
        text = '<a class="tenants-link" href="{}">{}<span class="tenants-hidden"> {}</span></a>'
        return format_html_join(" \N{MIDDLE DOT} ", text, rows) or None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            cl, fleet = context["cl"], overview(request)
            hindrances = again_hindrances(cl.result_list)
            for finding in cl.result_list:
                # Carried by the row: a ModelAdmin is shared by all requests.
                finding.buttons = buttons_for(request, finding, hindrances)
            cl.nothing = _t("Nothing is wrong, by the last check")
            if fleet["check"] is None:
                cl.nothing = _t("No check has run so far")
            context["fleet"] = fleet
        return response

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            view = self.admin_site.admin_view(view)
            return path(route, view, name=f"tenants_schemafinding_{name}")

        return [
            page("check/", self.check_view, "check"),
            page("<int:pk>/again/", self.again_view, "again"),
            page("<int:pk>/adopt/", self.adopt_view, "adopt"),
            page("<int:pk>/drop/", self.drop_view, "drop"),
            *super().get_urls(),
        ]

    def page_context(self, request: HttpRequest, row: SchemaFinding) -> dict[str, Any]:
        hindrances = again_hindrances([row])
        return {
            "title": row.schema_name,
            "finding": row,
            "label": _LABELS[FindingKind(row.kind)],
            "client_url": client_link_of(row),
            "advice": advice_for(row, hindrances),
            "rights": [each["found"] for each in row.differences if each["object"] == RIGHTS],
            "objects": [each for each in row.differences if each["object"] != RIGHTS],
            "more": max(row.difference_count - len(row.differences), 0),
            "buttons": buttons_for(request, row, hindrances),
            "back": _list_url(),
        }

    # --- What is done about it ----------------------------------------------------------------

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """Have a worker look at all schemas; a GET leads back."""
        if not may_provision(request):
            raise PermissionDenied
        if request.method == "POST":
            if request_check(acting_user=request.user):
                text = _t("A worker looks at all schemas now. Open this page again in a moment.")
                messages.success(request, text)
            else:
                messages.info(request, _t("A worker is to look at all schemas already."))
        return HttpResponseRedirect(_list_url())

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(
            request,
            pk,
            kind=FindingKind.MISSING,
            may=may_provision(request),
            title=_("Provision again"),
            template="tenants/finding_again.html",
            form_class=FindingForm,
            refused=lambda finding: mending.again_hindrance(finding.client),
            do=lambda finding, answer: mending.provision_again(
                finding.client, acting_user=request.user
            ),
        )

    def adopt_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(
            request,
            pk,
            kind=FindingKind.ORPHANED,
            may=may_provision(request) and request.user.has_perm(ADD),
            title=_("Adopt"),
            template="tenants/finding_adopt.html",
            form_class=AdoptForm,
            refused=lambda finding: mending.orphan_hindrance(finding.schema_name, finding.client),
            do=lambda finding, answer: mending.adopt(
                finding.schema_name, **answer, acting_user=request.user
            ),
        )

    def drop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(
            request,
            pk,
            kind=FindingKind.ORPHANED,
            may=request.user.has_perm(DROP),
            title=_("Drop"),
            template="tenants/finding_drop.html",
            form_class=DropOrphanForm,
            refused=lambda finding: mending.drop_hindrance(finding.schema_name, finding.client),
            do=lambda finding, answer: mending.drop_orphan(
                finding.schema_name, **answer, acting_user=request.user
            ),
        )

    def _ask(
        self,
        request: HttpRequest,
        pk: int,
        *,
        kind: FindingKind,
        may: bool,
        title: Any,
        template: str,
        form_class: type[FindingForm],
        refused: Callable[[SchemaFinding], TenantError | None],
        do: Callable[[SchemaFinding, dict[str, Any]], Operation],
    ) -> HttpResponse:
        """The page that asks; after a POST with a form that is filled in well, the operation."""
        if not may or not self.has_view_permission(request):
            raise PermissionDenied
        finding = self.get_object(request, str(pk))
        if finding is None or finding.kind != kind:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        is_post = request.method == "POST"
        form = form_class(request.POST if is_post else None, finding=finding)
        try:
            if refusal := refused(finding):
                raise refusal
            if is_post and form.is_valid():
                try:
                    operation = do(finding, form.cleaned_data)
                    return HttpResponseRedirect(operation_url(operation))
                except ValidationError as error:
                    _put_beside_the_fields(form, error)
        except TenantError as error:
            report_refusal(request, error)
            return HttpResponseRedirect(_list_url())
        context = {"title": title, "finding": finding, "client": finding.client, "form": form}
        return self.page(request, template, {**context, "original": finding, "back": _list_url()})


def _put_beside_the_fields(form: forms.Form, error: ValidationError) -> None:
    """What a row's own check says of a field that the form does not have is said above it."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def _list_url() -> str:
    return reverse("admin:tenants_schemafinding_changelist")
