"""Import and export of milestones."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.importing.columns import Column
from console.importing.exceptions import CellError
from console.importing.measures import Day
from console.importing.resource import KeyedResource
from console.importing.table import Table
from console.importing.widgets import Text, YesNo
from tenant_data.models import Milestone
from tenant_data.resources import words
from tenant_data.resources.projects_of_file import ProjectsOfFile

Key = tuple[str, str]


class MilestoneResource(KeyedResource):
    """A milestone by its project and its name; makes no projects."""

    project = Column(
        attribute="project__key",
        widget=Text(),
        meaning=gettext_lazy("The key or the name of the project."),
        samples=("WEB", "WEB"),
        required=True,
        key=True,
        aliases=("project key", "project name", *words.PROJECT),
    )
    name = Column(
        attribute="name",
        widget=Text(),
        meaning=gettext_lazy("What the milestone is called, with its capitals."),
        samples=("Beta", "Opening day"),
        required=True,
        key=True,
        aliases=(
            "milestone",
            "milestone name",
            "title",
            "version",
            "Meilenstein",
            "jalon",
            "milepæl",
            "marco",
            *words.NAME,
        ),
    )
    description = Column(
        attribute="description",
        widget=Text(),
        meaning=gettext_lazy("Anything more; may go over several lines."),
        samples=("For ten invited customers.", ""),
        aliases=(*words.DESCRIPTION, "notes", "Notizen"),
    )
    due_on = Column(
        attribute="due_on",
        widget=Day(),
        meaning=gettext_lazy("A date such as 2026-11-22. Empty: none."),
        samples=("2026-12-18", ""),
        aliases=(*words.DUE, "release date"),
    )
    is_reached = Column(
        attribute="is_reached",
        widget=YesNo(),
        meaning=gettext_lazy("yes or no."),
        samples=("yes", "no"),
        blank_keeps=True,
        aliases=(
            "reached",
            "done",
            "completed",
            "released",
            "erreicht",
            "erledigt",
            "atteint",
            "nået",
            "atingido",
        ),
    )

    checked_elsewhere = frozenset({"project"})
    #: The key of a project says nothing elsewhere, and there is nothing else to find it by.
    may_be_foreign = False

    class Meta:
        model = Milestone
        import_id_fields = ("name",)
        fields = import_order = export_order = (
            "project",
            "name",
            "description",
            "due_on",
            "is_reached",
        )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._projects = ProjectsOfFile()

    def prepare(self, table: Table) -> None:
        self._projects.load(table, may_add=False)

    def read_key(self, row: dict[str, str]) -> Key:
        if not row["project"]:
            raise CellError(_("This cell must not be empty."), column="project")
        return self._projects.key_of(row), self.fields["name"].clean(row)

    def find(self, keys: list[Key], *, lock: bool) -> dict[Key, Milestone]:
        projects, names = (set(part) for part in zip(*keys, strict=True))
        found = Milestone.objects.filter(project__key__in=projects, name__in=names)
        found = found.select_related("project").order_by("pk")
        if lock:
            found = found.select_for_update(of=("self",))
        return {milestone.natural_key(): milestone for milestone in found}

    def start(self, key: Key, row: dict[str, str]) -> Milestone:
        return Milestone(project=self._projects.rows[key[0]], name=key[1])

    def filter_export(self, queryset: QuerySet[Milestone], **kwargs: Any) -> QuerySet[Milestone]:
        return queryset.select_related("project").order_by("project__key", "name")
