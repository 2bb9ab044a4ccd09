"""The projects that a file of tasks speaks of: those that are there, and those that it makes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.choosing import OFFERED, Choosing, MaySee
from console.importing.exceptions import CellError, shorten
from console.importing.figures import grouped
from console.importing.loader import in_batches
from console.importing.table import Table
from console.importing.widgets import Text
from console.names import one_name
from tenant_data.models import Project
from tenant_data.models.task import REFERENCE
from tenant_data.resources.new_keys import KeyMaker
from tenant_data.resources.newcomers import NAMED, Newcomers
from tenant_data.resources.references import TaskKey

#: As many numbers are skipped without a word.
USUAL_GAP = 100


class ProjectName(Choosing, Text):
    """The key or the name of a project, of which the rows without a reference are."""

    unless = "reference"

    def unknown_among(self, texts: Collection[str]) -> set[str]:
        names = {one_name(text) for text in texts}
        found = list(_found({name.upper() for name in names}, names))
        known = {project.key for project in found}
        known |= {one_name(project.name).lower() for project in found}
        return {
            text for text in texts if not {one_name(text).upper(), one_name(text).lower()} & known
        }

    def offered(self, may_see: MaySee) -> list[tuple[str, str]]:
        if not may_see(Project):
            return []
        return list(Project.objects.order_by("key").values_list("key", "name")[:OFFERED])


class ProjectsOfFile:
    """Finds the project of a row by its reference, or where it has none by the project's key or
    name; and says what becomes of the projects' numbers."""

    def __init__(self) -> None:
        #: By key; those to be made among them.
        self.rows: dict[str, Project] = {}
        self.new = Newcomers()
        #: The keys of the projects of each name in lower case, for rows without a reference.
        self._called: dict[str, set[str]] = defaultdict(set)
        #: Of new tasks by project: how many take the next numbers, and the highest that is given.
        self._next: Counter[str] = Counter()
        self._highest: dict[str, int] = {}
        self._without = 0
        #: The projects (their keys) that those of a file from elsewhere are here, by key there.
        self._here: dict[str, str] = {}
        self._are_new = False
        self._may_add = False

    def load(
        self, table: Table, *, may_add: bool, make_named: bool = False, are_new: bool = False
    ) -> None:
        """Load the projects of the file, and begin those that its references need; with
        ``make_named`` also those of a name that none has, with keys made from their names.

        With ``are_new``, its keys were given elsewhere: a project is the one that has its name
        here, or else a new one, with another key where that one is taken.
        """
        self._are_new, self._may_add = are_new, may_add
        begun: dict[str, str] = {}
        called: set[str] = set()
        for reference, cell in table.columns("reference", "project"):
            name = one_name(cell)
            if reference:
                key = project_of(reference)
                begun[key] = begun.get(key) or name
            elif name:
                called.add(name)
        if are_new:
            begun = dict(self._keys_here(begun))
        for project in _found({*begun, *(name.upper() for name in called)}, called):
            self.rows[project.key] = project
        for key, name in begun.items():
            if key not in self.rows and REFERENCE.fullmatch(f"{key}-1"):
                self._begin(key, name or key, may_add=may_add)
        if make_named:
            self._begin_named(called, may_add=may_add)
        self.rows |= self.new.rows
        for key, project in self.rows.items():
            self._called[one_name(project.name).lower()].add(key)

    def _begin_named(self, names: set[str], *, may_add: bool) -> None:
        known = {one_name(project.name).lower() for project in self.rows.values()}
        known |= {one_name(str(project.name)).lower() for project in self.new.rows.values()}
        keys = KeyMaker({*self.rows, *self.new.rows})
        # Of several ways to write one, the first in the alphabet: capitals.
        for name in sorted(names):
            if name.lower() not in known and name.upper() not in self.rows:
                known.add(name.lower())
                self._begin(keys.make(name), name, may_add=may_add)

    def _keys_here(self, begun: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Find out what projects of elsewhere are here; the keys and names of those to be made."""
        names = {key: name or key for key, name in begun.items()}
        named: dict[str, list[Project]] = defaultdict(list)
        for project in _found(set(), set(names.values())):
            named[one_name(project.name).lower()].append(project)
        keys = KeyMaker(())
        for key, name in names.items():
            there = named[name.lower()]
            if there:
                # Of several that are called so, the one with the same key, or else the oldest.
                project = min(there, key=lambda one: (one.key != key, one.pk))
                self.rows[project.key] = project
                self._here[key] = project.key
            elif REFERENCE.fullmatch(f"{key}-1"):
                self._here[key] = keys.free(key)
                yield self._here[key], name

    def _begin(self, key: str, name: str, *, may_add: bool) -> None:
        message = _("There is no project %(name)s, and you may not add projects.")
        self.new.begin(
            key,
            Project(key=key, name=name),
            forbidden=None if may_add else CellError(message, name=name),
            invalid=_("A project “%(name)s” cannot be made: %(why)s"),
        )

    def key_of(self, row: dict[str, str]) -> str:
        """The key of the row's project, whether or not it is a good one. Raises ``CellError``
        where the row has no reference and its project is not known."""
        if reference := row.get("reference"):
            key = project_of(reference)
            return self._here[key] if self._are_new else key
        name = one_name(row.get("project", ""))
        if not name:
            message = _("Give a reference, or say which project is to number the task.")
            raise CellError(message, column="reference")
        if name.upper() in self.rows:
            return name.upper()
        keys = self._called.get(name.lower(), ())
        if len(keys) > 1:
            message = _("Several projects are called “%(name)s”. Give the key of one: %(keys)s.")
            raise CellError(message, column="project", name=name, keys=", ".join(sorted(keys)))
        for key in keys:
            return key
        message = _("There is no project “%(name)s” here. Add the project first.")
        if self._may_add:
            message = _(
                "There is no project “%(name)s” here. Add the project first, or have it made: on "
                "the page, below “Change which column is which”, choose “are made” for all others."
            )
        raise CellError(message, column="project", name=name)

    def named(self, key: str) -> str:
        """What a cell has for the project, by which ``key_of`` finds it: its name, or its key where
        that name could be another one's."""
        name = one_name(self.rows[key].name)
        found = {name.upper()} & self.rows.keys() or self._called[name.lower()]
        return name if found == {key} else key

    def count(self, key: TaskKey) -> None:
        """Count a new task of the file for ``notes``."""
        project, number = key
        if number < 0:
            self._without += 1
            self._next[project] += 1
            return
        last = self.rows[project].last_number
        self._next[project] += number > last
        self._highest[project] = max(self._highest.get(project, last), number)

    def notes(self) -> Iterator[str]:
        """Sentences for the preview: what is made, and what becomes of the projects' numbers."""
        yield from self.new.note(
            lambda n: ngettext(
                "%(n)s new project: %(names)s",
                "%(n)s new projects: %(names)s",
                n,
            )
        )
        if self._without and self._are_new:
            text = ngettext(
                "%(n)s task gets the next number of its project here. Importing the file again "
                "would add it again.",
                "%(n)s tasks get the next numbers of their projects here. Importing the file again "
                "would add them again.",
                self._without,
            )
            yield text % {"n": grouped(self._without)}
        elif self._without:
            text = ngettext(
                "%(n)s task has no reference and gets the next number of its project. Importing "
                "the file again would add it again.",
                "%(n)s tasks have no reference and get the next numbers of their projects. "
                "Importing the file again would add them again.",
                self._without,
            )
            yield text % {"n": grouped(self._without)}
        far = [sentence for key in sorted(self._highest) for sentence in self._gap(key)]
        yield from far[:NAMED]
        if (more := len(far) - NAMED) > 0:
            text = ngettext(
                "The numbers of %(n)s more project jump ahead.",
                "The numbers of %(n)s more projects jump ahead.",
                more,
            )
            yield text % {"n": grouped(more)}

    def _gap(self, key: str) -> Iterator[str]:
        """A warning where the file takes the project's numbers far ahead, for good."""
        project, highest = self.rows[key], self._highest[key]
        last = project.last_number
        if highest - last - self._next[key] <= USUAL_GAP:
            return
        text = _(
            "The numbers of %(project)s jump ahead for good: the file has %(highest)s, and without "
            "it the next task would be %(next)s. To have the project number the tasks, leave their "
            "references empty."
        )
        yield text % {
            "project": shorten(str(project)),
            "highest": f"{key}-{highest}",
            "next": f"{key}-{last + 1}",
        }


def project_of(reference: str) -> str:
    """The key of the project that a reference begins with, whether or not it is a good one."""
    return reference.upper().partition("-")[0]


def _found(keys: set[str], names: set[str]) -> Iterator[Project]:
    """The projects with one of the keys or names; a query for a thousand of them."""
    wanted: list[tuple[str, str]] = [("key", key) for key in sorted(keys)]
    wanted += [("name", name) for name in sorted(names)]
    for batch in in_batches(wanted):
        asked = Q(key__in=[text for kind, text in batch if kind == "key"])
        if called := [text for kind, text in batch if kind == "name"]:
            asked |= Q(name__in=called) | Q(lowered__in=[text.lower() for text in called])
        yield from Project.objects.alias(lowered=Lower("name")).filter(asked)
