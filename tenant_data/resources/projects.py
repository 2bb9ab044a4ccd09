"""Import and export of projects."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from console.importing.columns import Column
from console.importing.resource import KeyedResource
from console.importing.widgets import Text
from tenant_data.models import Project


class ProjectResource(KeyedResource):
    """A project by its key."""

    key = Column(
        attribute="key",
        widget=Text(),
        meaning=gettext_lazy("Two to ten capital letters and digits; begins each reference."),
        samples=("WEB", "OPS"),
        required=True,
        key=True,
    )
    name = Column(
        attribute="name",
        widget=Text(),
        meaning=gettext_lazy("What people call the project."),
        samples=("New web shop", "Office and operations"),
        required=True,
    )

    class Meta:
        model = Project
        import_id_fields = ("key",)
        fields = import_order = export_order = ("key", "name")

    def read_key(self, row: dict[str, str]) -> str:
        return self.fields["key"].clean(row).upper()

    def find(self, keys: list[str], *, lock: bool) -> dict[str, Project]:
        projects = Project.objects.filter(key__in=keys).order_by("pk")
        if lock:
            projects = projects.select_for_update()
        return {project.key: project for project in projects}

    def start(self, key: str, row: dict[str, str]) -> Project:
        return Project(key=key)

    def filter_export(self, queryset: QuerySet[Project], **kwargs: Any) -> QuerySet[Project]:
        return queryset.order_by("key")
