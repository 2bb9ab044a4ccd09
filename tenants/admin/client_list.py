"""The list of clients: its columns, its tabs, what its search looks in."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.db.models import CharField, Count, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields import TextField
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import smart_split, unescape_string_literal
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from console.changelist import ChangeList
from console.filters import DaysFilter
from tenants import schema_state
from tenants.admin.base import origin_of
from tenants.admin.client_filters import (
    EVERYTHING,
    IN_USE,
    ActivityFilter,
    PlanFilter,
    SchemaStateFilter,
    StatusFilter,
    TagFilter,
    TrialFilter,
)
from tenants.admin.client_words import address_link, ago, day_of, trial_end
from tenants.admin.state_badge import badge, status_badge
from tenants.models import Client, ClientStatus, Domain
from tenants.validators import normalize_hostname

#: Of a long search, so many words are looked for.
WORDS_SEARCHED = 8
#: How many tags a row of the list shows.
TAGS_SHOWN = 3


class CountedPaginator(Paginator):
    """Does not count what the list has counted already."""

    @cached_property
    def count(self) -> int:
        known: int | None = getattr(self.object_list, "known_count", None)
        return Paginator.count.func(self) if known is None else known


class ClientChangeList(ChangeList):
    """Counts the clients of each status under all other filters, for the tabs; the number of rows
    is a sum of these, so that nothing is counted twice."""

    of_every_status: QuerySet[Client]

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Client]:
        self.of_every_status = super().get_queryset(request, exclude_parameters)
        return self.of_every_status.filter(status__in=self.statuses)

    def get_results(self, request: HttpRequest) -> None:
        rows = self.of_every_status.order_by().values_list("status")
        self.counts: dict[str, int] = dict(rows.annotate(Count("pk")))
        self.queryset.known_count = self.count_of(self.statuses)
        super().get_results(request)
        if self.multi_page and not self.show_all:
            # What is worked out for each row is then not worked out for the pages before it.
            self.result_list = self.queryset.filter(pk__in=self.result_list.values("pk"))

    @property
    def statuses(self) -> set[str]:
        (spec,) = (spec for spec in self.filter_specs if isinstance(spec, StatusFilter))
        return spec.statuses()

    def count_of(self, statuses: set[str]) -> int:
        return sum(number for status, number in self.counts.items() if status in statuses)

    def tabs(self) -> list[dict[str, Any]]:
        """Links that filter the list by status, with the number of clients behind each."""
        parameter = StatusFilter.parameter_name
        chosen = self.filter_params.get(parameter, [IN_USE])[-1]
        everything = set(ClientStatus.values)
        tabs: list[tuple[str, Any, set[str]]] = [
            (IN_USE, _t("In use"), everything - {ClientStatus.ARCHIVED.value})
        ]
        tabs += [(status.value, status.label, {status.value}) for status in ClientStatus]
        if chosen == EVERYTHING:
            tabs.append((EVERYTHING, _t("In use or archived"), everything))
        return [
            {
                "title": f"{text} ({self.count_of(statuses)})",
                "link": self.get_query_string({parameter: tab or None, PAGE_VAR: None}),
                "active": chosen == tab,
                "has_permission": True,
            }
            for tab, text, statuses in tabs
        ]


class ClientList:
    """For the ModelAdmin of clients."""

    list_display = (
        "client",
        "state_of_client",
        "state",
        "plan",
        "address",
        "trial",
        "last_active",
        "created",
    )
    list_display_links = ("client",)
    list_filter = (
        StatusFilter,
        SchemaStateFilter,
        ("plan", PlanFilter),
        TagFilter,
        TrialFilter,
        ActivityFilter,
        ("created_at", DaysFilter),
        ("last_active_at", DaysFilter),
        ("language", ChoicesDropdownFilter),
    )
    list_select_related = ("plan",)
    list_before_template = "tenants/client_tabs.html"
    paginator = CountedPaginator
    # What is looked in is said in `get_search_results`; Django shows the field if this is set.
    search_fields = ("name",)
    search_help_text = _("Name, reference, e-mail, domain or tag")
    # The tabs count. A count for every choice of every filter would be a query for each filter.
    show_facets = ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ClientChangeList

    def get_queryset(self: Any, request: HttpRequest) -> QuerySet[Client]:
        """The companies. The row that stands for the console itself has no page here."""
        primary = Domain.objects.filter(tenant=OuterRef("pk"), is_primary=True)
        return schema_state.with_schema_state(Client.objects.companies()).annotate(
            primary_domain=Subquery(primary.values("domain")[:1]),
            # The address that this request came to, carried by the row: a ModelAdmin is shared by
            # all requests.
            origin=Value(origin_of(request), output_field=CharField()),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Client], search_term: str
    ) -> tuple[QuerySet[Client], bool]:
        """Clients in which every word is found somewhere. No row comes twice."""
        for word in list(smart_split(search_term))[:WORDS_SEARCHED]:
            if word.startswith(('"', "'")) and word[0] == word[-1] and len(word) > 1:
                word = unescape_string_literal(word)
            queryset = queryset.alias(tag_text=_TAGS_AS_TEXT).filter(_mentions(word))
        return queryset, False

    def changelist_view(
        self: Any, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["status_tabs"] = context["cl"].tabs()
        return response

    # --- Columns ----------------------------------------------------------------------------

    @display(description=_("name"), ordering="name")
    def client(self, client: Client) -> SafeString:
        more = [client.external_reference] if client.external_reference else []
        more += client.tags[:TAGS_SHOWN]
        if (rest := len(client.tags) - TAGS_SHOWN) > 0:
            more.append(f"+{rest}")
        if not more:
            return format_html("{}", client.name)
        return format_html(
            '{}<span class="tenants-second">{}</span>', client.name, " \N{MIDDLE DOT} ".join(more)
        )

    @display(description=_("status"), ordering="status")
    def state_of_client(self, client: Client) -> SafeString:
        return status_badge(client)

    @display(description=_("schema"), ordering="schema_state")
    def state(self, client: Client) -> SafeString:
        return badge(client)

    @display(description=_("address"), ordering="primary_domain")
    def address(self, client: Client) -> str | SafeString | None:
        return address_link(client)

    @display(description=_("trial ends"), ordering="trial_ends_on")
    def trial(self, client: Client) -> SafeString | None:
        return trial_end(client)

    @display(description=_("last active"), ordering=F("last_active_at").desc(nulls_last=True))
    def last_active(self, client: Client) -> SafeString | None:
        moment = client.last_active_at
        return None if moment is None else ago(moment)

    @display(description=_("created"), ordering="created_at")
    def created(self, client: Client) -> SafeString:
        return day_of(timezone.localdate(client.created_at))


_TAGS_AS_TEXT = Func(F("tags"), Value(","), function="array_to_string", output_field=TextField())


def _mentions(word: str) -> Q:
    fields = (
        "name",
        "schema_name",
        "external_reference",
        "contact_name",
        "contact_email",
        "admin_name",
        "admin_email",
        "tag_text",
    )
    # A domain beyond ASCII is stored as browsers send it, and looked for as its owner writes it.
    host = word if word.isascii() else normalize_hostname(word)
    found = Q(pk__in=Domain.objects.filter(domain__icontains=host).values("tenant"))
    for field in fields:
        found |= Q(**{f"{field}__icontains": word})
    return found
