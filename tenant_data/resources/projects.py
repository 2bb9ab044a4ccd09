"""Import and export of projects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.importing.columns import Column, Many
from console.importing.exceptions import CellError
from console.importing.measures import Day
from console.importing.resource import KeyedResource
from console.importing.table import Table
from console.importing.widgets import Known, OneOf, Text
from console.limits import has_feature
from tenant_data.models import Colour, Customer, Project, ProjectStatus
from tenant_data.resources import words
from tenant_data.resources.customers import FEATURE
from tenant_data.resources.naming import rows_by_name
from tenant_data.resources.people import Deactivated, a_user, several_users

MAX_MEMBERS = 200


class ProjectResource(KeyedResource):
    """A project by its key."""

    key = Column(
        attribute="key",
        widget=Text(),
        meaning=gettext_lazy("Two to ten capital letters and digits; begins each reference."),
        samples=("WEB", "OPS"),
        required=True,
        key=True,
        aliases=(
            "project key",
            "code",
            "Schlüssel",
            "Projektschlüssel",
            "Kürzel",
            "clé",
            "nøgle",
            "chave",
        ),
    )
    name = Column(
        attribute="name",
        widget=Text(),
        meaning=gettext_lazy("What people call the project."),
        samples=("New web shop", "Office and operations"),
        required=True,
        aliases=("project", "project name", "title", *words.PROJECT, *words.NAME),
    )

    description = Column(
        attribute="description",
        widget=Text(),
        meaning=gettext_lazy("Anything more; may go over several lines."),
        samples=("Opens in spring.", ""),
        aliases=(*words.DESCRIPTION, "notes", "Notizen"),
    )
    status = Column(
        attribute="status",
        widget=OneOf(ProjectStatus, also=words.PROJECT_STATUS),
        meaning=gettext_lazy("planned, active, paused or done."),
        samples=("active", "planned"),
        blank_keeps=True,
        aliases=("state", *words.STATUS),
    )
    colour = Column(
        attribute="colour",
        widget=OneOf(Colour),
        meaning=gettext_lazy("grey, red, orange, yellow, green, teal, blue, purple or pink."),
        samples=("blue", "green"),
        blank_keeps=True,
        aliases=words.COLOUR,
    )
    customer = Column(
        attribute="customer",
        widget=Known(
            lambda names: rows_by_name(Customer.objects.all(), names),
            key=lambda customer: customer.name,
            unknown=gettext_lazy(
                "There is no customer “%(value)s” here. Add the customer first, or leave the "
                "cell empty."
            ),
            rows=lambda: Customer.objects.order_by("name"),
        ),
        meaning=gettext_lazy("The name of a customer. Empty: nobody in particular."),
        samples=("", ""),
        aliases=("client", "customer name", "client name", "Kunde", "cliente"),
    )
    lead = Column(
        attribute="lead",
        widget=a_user(),
        meaning=gettext_lazy(
            "The e-mail address or the full name of who answers for it. Empty: nobody."
        ),
        samples=("", ""),
        aliases=(
            "project lead",
            "project manager",
            "manager",
            "owner",
            "Leitung",
            "Projektleitung",
            "Projektleiter",
            "chef de projet",
            "projektleder",
            "responsável",
        ),
    )
    members = Many(
        field="members",
        widget=several_users(at_most=MAX_MEMBERS),
        meaning=gettext_lazy(
            "The e-mail addresses or full names of who works on it, with commas between them."
        ),
        samples=("", ""),
        aliases=(
            "team",
            "team members",
            "Mitglieder",
            "Projektmitglieder",
            "membres",
            "medlemmer",
            "membros",
        ),
    )
    starts_on = Column(
        attribute="starts_on",
        widget=Day(),
        meaning=gettext_lazy("A date such as 2026-11-22. Empty: none."),
        samples=("2026-11-02", ""),
        aliases=words.START,
    )
    due_on = Column(
        attribute="due_on",
        widget=Day(),
        meaning=gettext_lazy("A date such as 2026-11-22. Empty: none."),
        samples=("2027-03-31", ""),
        aliases=(*words.DUE, "end date", "end", "Ende", "date de fin", "slutdato", "data de fim"),
    )

    checked_elsewhere = frozenset({"customer", "lead"})

    class Meta:
        model = Project
        import_id_fields = ("key",)
        fields = import_order = export_order = (
            "key",
            "name",
            "description",
            "status",
            "colour",
            "customer",
            "lead",
            "members",
            "starts_on",
            "due_on",
        )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._has_customers = True
        self._deactivated = Deactivated()

    def prepare(self, table: Table) -> None:
        self._has_customers = has_feature(FEATURE)

    def read_key(self, row: dict[str, str]) -> str:
        return self.fields["key"].clean(row).upper()

    def find(self, keys: list[str], *, lock: bool) -> dict[str, Project]:
        projects = Project.objects.filter(key__in=keys).order_by("pk")
        projects = projects.select_related("customer", "lead")
        if lock:
            projects = projects.select_for_update(of=("self",))
        found = {project.key: project for project in projects}
        self.load_links(found.values())
        return found

    def start(self, key: str, row: dict[str, str]) -> Project:
        return Project(key=key)

    def rules(self, instance: Project, *, new: bool) -> Iterator[tuple[str, CellError]]:
        if "lead" in self.current_row:
            self._deactivated.look_at([instance.lead], lambda: () if new else [self.before("lead")])
        if "members" in self.current_row:
            people = instance.listed_members
            self._deactivated.look_at(people, lambda: () if new else self.before("members"))
        had = None if new or "customer" not in self.current_row else self.before("customer")
        if instance.customer not in (None, had) and not self._has_customers:
            yield "customer", CellError(_("Your plan does not include customers."))

    def finish(self, *, writes: bool) -> None:
        self.notes += self._deactivated.notes()

    def filter_export(self, queryset: QuerySet[Project], **kwargs: Any) -> QuerySet[Project]:
        projects = queryset.select_related("customer", "lead").order_by("key")
        return self.listing(projects, self.columns)
