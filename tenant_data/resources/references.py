"""How files call tasks, and what else they name within a project."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.utils.translation import gettext as _
from import_export.widgets import Widget

from console.importing.choosing import OFFERED, Choosing, MaySee
from console.importing.exceptions import CellError
from console.importing.loader import in_batches
from tenant_data.models import Milestone
from tenant_data.models.task import REFERENCE

#: The key of a project and the number of a task; below zero for one that is to get a number.
TaskKey = tuple[str, int]
#: The key of the project of a row of a file.
ProjectOf = Callable[[dict[str, str]], str]


def read_reference(text: str) -> TaskKey:
    """The key that a reference stands for. Raises ``CellError``."""
    match = REFERENCE.fullmatch(text.upper())
    if match is None:
        raise CellError(_("“%(value)s” is not a reference such as WEB-12."), value=text)
    return match["key"], int(match["number"])


class MilestoneOfProject(Choosing, Widget):
    """A milestone by its name, of the row's project; ``project_of`` finds that."""

    project_of: ProjectOf
    names_others = True

    def __init__(self) -> None:
        super().__init__()
        self._milestones: dict[tuple[str, str], Milestone] = {}

    def preload(self, projects: Iterable[str], names: Iterable[str]) -> None:
        """Load what the file names in projects of these keys; one query for a thousand names."""
        projects = set(projects)
        for batch in in_batches(sorted(set(names) - {""})):
            found = Milestone.objects.filter(project__key__in=projects, name__in=batch)
            for milestone in found.select_related("project"):
                self._milestones[milestone.natural_key()] = milestone

    def unknown_among(self, texts: Collection[str]) -> set[str]:
        """Those that no project has; one that another project has is wrong where it stands."""
        unknown = set(texts)
        for batch in in_batches(sorted(texts)):
            found = Milestone.objects.filter(name__in=batch)
            unknown.difference_update(found.values_list("name", flat=True))
        return unknown

    def offered(self, may_see: MaySee) -> list[tuple[str, str]]:
        if not may_see(Milestone):
            return []
        names = Milestone.objects.order_by("name").values_list("name", flat=True).distinct()
        return [(name, name) for name in names[:OFFERED]]

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Milestone | None:
        if not value:
            return None
        project = self.project_of(row)
        try:
            return self._milestones[project, value]
        except KeyError:
            message = _("The project %(key)s has no milestone “%(value)s”. Add it first.")
            raise CellError(message, key=project, value=value) from None

    def render(self, value: Milestone | None, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else value.name
