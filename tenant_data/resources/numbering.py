"""The numbers of the tasks that a file adds, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable

from console.postgres.bulk import write_arrays
from tenant_data.models import Project, Task
from tenant_data.models.task import lock_projects


class Numbering:
    """Gives new tasks without a number the next ones of their projects that the file does not
    give itself."""

    def __init__(self) -> None:
        #: By project (its id): the highest number that it had given before, the one up to which
        #: numbers were given here, and the highest that it has now.
        self._before: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._highest: dict[int, int] = {}
        #: Numbers that the file gives itself, by project (its key), where it also asks for some.
        self.taken: set[tuple[str, int]] = set()

    def give(self, tasks: Iterable[Task], projects: Iterable[int]) -> None:
        """Number the tasks. The first time, locks all ``projects`` of the file (ids), in their
        order, until the transaction ends, so that nobody else gives one of these numbers."""
        if not self._before:
            self._before = lock_projects(set(projects))
            self._last, self._highest = dict(self._before), dict(self._before)
        for task in tasks:
            project = task.project_id
            if task.number is None:
                number = self._last[project] + 1
                while (task.project.key, number) in self.taken:
                    number += 1
                task.number = self._last[project] = number
            self._highest[project] = max(self._highest[project], task.number)

    def note(self) -> None:
        """Have the projects go on from the highest numbers that were given."""
        gone_on = {p: n for p, n in sorted(self._highest.items()) if n > self._before[p]}
        if gone_on:  # They are locked: nobody has given a higher one.
            last_number = Project._meta.get_field("last_number")
            write_arrays(Project, list(gone_on), {last_number: list(gone_on.values())})
