"""Clients: the list, the form with its domains, and what is read-only when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db import OperationalError, transaction
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from console.importing.admin import ImportExportMixin
from console.modeladmin import ModelAdmin
from console.sites import public_site
from tenants import schema_state
from tenants.admin.base import SecondLook, link, may_follow, origin_of
from tenants.admin.client_actions import ClientActions
from tenants.admin.client_rollouts import ClientRollouts
from tenants.admin.state_badge import SchemaStateFilter, badge
from tenants.forms import ClientDomainForm, ClientDomainFormSet, ClientForm
from tenants.models import Client, Domain, OperationKind, OperationState
from tenants.operations.invite import address as address_of
from tenants.resources import ClientResource


class DomainInline(TabularInline):
    model = Domain
    form = ClientDomainForm
    formset = ClientDomainFormSet
    hide_title = True

    def get_extra(self, request: HttpRequest, obj: Client | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def has_add_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return not _is_public(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return not _is_public(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return not _is_public(obj) and super().has_delete_permission(request, obj)


@admin.register(Client, site=public_site)
class ClientAdmin(ImportExportMixin, ClientActions, ClientRollouts, SecondLook, ModelAdmin):
    """Clients can be added and changed. They are not deleted, and the row that stands for the
    console itself can only be looked at."""

    form = ClientForm
    inlines = (DomainInline,)
    list_display = ("name", "schema_name", "plan", "state", "address")
    list_display_links = ("name",)
    list_filter = (SchemaStateFilter, ("plan", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("plan",)
    list_per_page = 50
    list_before_template = "tenants/client_tabs.html"
    search_fields = ("name", "schema_name", "admin_email", "domains__domain")
    search_help_text = _("Name, schema name, domain or first admin's e-mail")
    readonly_fields = ("state", "provisioned_at", "operation_history")
    resource_classes = (ClientResource,)
    import_next = (
        _("Create the schemas of the new ones"),
        {SchemaStateFilter.parameter_name: schema_state.NONE},
    )

    # --- What is shown ----------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        primary = Domain.objects.filter(tenant=OuterRef("pk"), is_primary=True)
        return schema_state.with_schema_state(super().get_queryset(request)).annotate(
            primary_domain=Subquery(primary.values("domain")[:1]),
            # The address that this request came to and what its user may see, carried by the
            # row: a ModelAdmin is shared by all requests.
            origin=Value(origin_of(request), output_field=CharField()),
            may_follow=Value(may_follow(request)),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Client], search_term: str
    ) -> tuple[QuerySet[Client], bool]:
        queryset, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        if request.path == reverse("admin:autocomplete"):
            queryset = queryset.companies()  # Nothing is ever attached to the console's own row.
        return queryset, may_have_duplicates

    @display(description=_("schema"), ordering="schema_state")
    def state(self, client: Client) -> SafeString:
        return badge(client)

    @display(description=_("address"), ordering="primary_domain")
    def address(self, client: Client) -> str | SafeString | None:
        if not client.primary_domain:
            return None
        if client.schema_state != schema_state.READY:
            return client.primary_domain
        return format_html(
            '<a class="tenants-link" href="{}" target="_blank" rel="noopener">{}</a>',
            address_of(client.primary_domain, client.origin),
            client.primary_domain,
        )

    @display(description=_("operations"))
    def operation_history(self, client: Client) -> SafeString | None:
        if not client.latest:
            return None
        latest = client.latest
        title = f"{OperationKind(latest['kind']).label} #{latest['id']}"
        state = OperationState(latest["state"]).label.lower()
        if not client.may_follow:
            return format_html("{}, {}", title, state)
        history = reverse("admin:tenants_operation_changelist")
        return format_html(
            "{}, {} · {}",
            link(reverse("admin:tenants_operation_change", args=[latest["id"]]), title),
            state,
            link(f"{history}?client__id__exact={client.pk}", _t("All of them")),
        )

    def action_checkbox(self, client: Client) -> str:
        return "" if client.is_public else super().action_checkbox(client)

    action_checkbox.short_description = ModelAdmin.action_checkbox.short_description

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["state_tabs"] = _tabs(context["cl"])
        return response

    # --- What may be changed ----------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_public(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Client | None = None) -> Any:
        if obj is not None and obj.is_public:
            text = _t("This row stands for the console itself. It is only to be looked at.")
            return [(None, {"fields": ("name", "schema_name"), "description": text})]
        sections: list[Any] = [(None, {"fields": ("name", "schema_name", "plan", "colour")})]
        schema_text = admin_text = ""
        if obj is not None and obj.is_provisioned:
            admin_text = _t(
                "The first account was made with the schema, for this address. Its owner changes "
                "it on the client's own pages, so it cannot be changed here."
            )
        elif obj is not None and _is_worked_on(obj):
            schema_text = _t("The name cannot be changed while an operation is not over.")
            admin_text = _t("This cannot be changed while an operation is not over.")
        if obj is not None:
            fields = ("state", "provisioned_at", "operation_history")
            sections.append((_("Schema"), {"fields": fields, "description": schema_text}))
        fields = ("admin_name", "admin_email")
        sections.append((_("First admin"), {"fields": fields, "description": admin_text}))
        return sections

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "plan":
            field.widget.can_delete_related = False  # A plan is not deleted from a client's page.
        return field

    def get_readonly_fields(
        self, request: HttpRequest, obj: Client | None = None
    ) -> tuple[str, ...]:
        if obj is not None and (obj.is_provisioned or _is_worked_on(obj)):
            return (*self.readonly_fields, "schema_name", "admin_name", "admin_email")
        return self.readonly_fields

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        # A worker holds the row while it makes the schema. Who waited for it would then judge,
        # and write, what was read before.
        with transaction.atomic():
            if not self._lock(object_id):
                messages.error(
                    request,
                    _t(
                        "The schema is being worked on at this moment. Nothing was changed; try "
                        "again when that is over."
                    ),
                )
                return HttpResponseRedirect(request.get_full_path())
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _lock(self, object_id: str) -> bool:
        """Lock the client's row until the transaction ends; ``False`` where somebody has it."""
        try:
            with transaction.atomic():
                locked = Client.objects.select_for_update(nowait=True)
                locked.filter(pk=unquote(object_id)).values_list("pk").first()
        except OperationalError:
            return False
        except ValueError:
            pass  # Not a key at all: Django's own page says that there is no such client.
        return True

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        if change:
            # Only what was in the form: everything else belongs to the operations.
            obj.save(update_fields=[*form.cleaned_data, "updated_at"])
            return
        super().save_model(request, obj, form, change)


def _is_public(obj: Any) -> bool:
    return isinstance(obj, Client) and obj.is_public


def _is_worked_on(client: Client) -> bool:
    return client.operations.open().exists()


def _tabs(cl: ChangeList) -> list[dict[str, Any]]:
    """Links that filter the list by state, with the number of clients behind each."""
    parameter = SchemaStateFilter.parameter_name
    chosen = cl.filter_params.get(parameter, [""])[-1]
    counts = schema_state.count_states(Client.objects.all())
    tabs = [("", _t("All"), sum(counts.values()))]
    tabs += [(state, text, counts[state]) for state, text in schema_state.STATES.items()]
    return [
        {
            "title": f"{text} ({count})",
            "link": cl.get_query_string({parameter: state or None, PAGE_VAR: None}),
            "active": chosen == state,
            "has_permission": True,
        }
        for state, text, count in tabs
    ]
