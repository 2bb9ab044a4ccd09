"""The columns of a file of tasks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from console.importing.columns import Column, Many
from console.importing.measures import Day, Hours, Whole
from console.importing.resource import KeyedResource
from console.importing.widgets import OneOf, SeveralKnown, Text
from tenant_data.models import Label, Task, TaskPriority, TaskStatus
from tenant_data.resources import words
from tenant_data.resources.families import TaskByReference
from tenant_data.resources.naming import rows_by_name
from tenant_data.resources.people import a_user
from tenant_data.resources.projects_of_file import ProjectName
from tenant_data.resources.references import MilestoneOfProject

MAX_LABELS = 30


class TaskColumns(KeyedResource):
    """What a file of tasks may say."""

    reference = Column(
        attribute="reference",
        widget=Text(),
        meaning=gettext_lazy(
            "The key of the project, a hyphen and the task's number: finds a task that is there, "
            "or gives a new one this number."
        ),
        samples=("WEB-1", ""),
        key=True,
        empty_means=gettext_lazy("a new task with the next number of the project"),
        aliases=(
            "key",
            "issue key",
            "task key",
            "work item key",
            "Referenz",
            "référence",
            "Vorgangsschlüssel",
        ),
    )
    project = Column(
        attribute="project__name",
        widget=ProjectName(),
        makes_rows=True,
        meaning=gettext_lazy(
            "The name for a project that has to be made; one that is there keeps its name. For a "
            "task without a reference: the key or the name of its project."
        ),
        samples=("New web shop", "WEB"),
        key=True,
        aliases=("project name", "projects", "board name", *words.PROJECT, "project key"),
    )
    title = Column(
        attribute="title",
        widget=Text(),
        meaning=gettext_lazy("What is to be done, in one line."),
        samples=("Compare payment providers", "Draw the checkout page"),
        required=True,
        aliases=(
            "summary",
            "task name",
            "task title",
            "issue title",
            "card name",
            "name",
            "task",
            "subject",
            "Titel",
            "titre",
            "título",
            "Zusammenfassung",
            "Betreff",
            "Aufgabe",
            "opgave",
            "tâche",
            "tarefa",
        ),
    )
    description = Column(
        attribute="description",
        widget=Text(),
        meaning=gettext_lazy("Anything more; may go over several lines."),
        samples=("Three offers, with fees.", ""),
        aliases=("card description", *words.DESCRIPTION, "notes", "Notizen"),
    )
    status = Column(
        attribute="status",
        widget=OneOf(TaskStatus, also=words.TASK_STATUS),
        meaning=gettext_lazy("open, in progress, in review or done."),
        samples=("in_progress", "open"),
        blank_keeps=True,
        aliases=("state", "list name", "section/column", "section", "stage", *words.STATUS),
    )
    priority = Column(
        attribute="priority",
        widget=OneOf(TaskPriority, also=words.TASK_PRIORITY),
        meaning=gettext_lazy("low, normal, high or urgent."),
        samples=("high", "normal"),
        blank_keeps=True,
        aliases=("prio", "Priorität", "priorité", "prioritet", "prioridade"),
    )
    assignee = Column(
        attribute="assignee",
        widget=a_user(),
        meaning=gettext_lazy("The e-mail address or the full name of a user. Empty: nobody."),
        samples=("", ""),
        aliases=(
            "assignee email",
            "assignee e-mail",
            "assigned to",
            "assignees",
            "responsible",
            "owner",
            "Zuständig",
            "zugewiesen an",
            "Bearbeiter",
            "ansvarlig",
            "tildelt",
            "assigné à",
            "attribué à",
            "responsável",
            "atribuído a",
        ),
    )
    due_on = Column(
        attribute="due_on",
        widget=Day(),
        meaning=gettext_lazy("A date such as 2026-11-22. Empty: none."),
        samples=("2026-12-18", ""),
        aliases=words.DUE,
    )

    milestone = Column(
        attribute="milestone",
        widget=MilestoneOfProject(),
        meaning=gettext_lazy("The name of a milestone of the same project. Empty: none."),
        samples=("", ""),
        aliases=("Meilenstein", "jalon", "milepæl", "marco"),
    )
    parent = Column(
        attribute="parent",
        widget=TaskByReference(),
        meaning=gettext_lazy(
            "The reference of the larger task of the same project that this one is a part of; it "
            "may come in the same file. Empty: none."
        ),
        samples=("", "WEB-1"),
        aliases=("parent key", "parent reference", "part of", "Teil von", "del af", "parte de"),
    )
    estimate = Column(
        attribute="estimate",
        widget=Hours(),
        meaning=gettext_lazy("How many hours it may take, as 2.5. Empty: not known."),
        samples=("12", "2.5"),
        aliases=(
            "estimate (hours)",
            "estimated hours",
            "estimate hours",
            "hours estimated",
            "est. hours",
            "hours",
            "geschätzte Stunden",
            "Aufwand (Stunden)",
            "heures estimées",
            "horas estimadas",
        ),
    )
    labels = Many(
        field="labels",
        makes_rows=True,
        widget=SeveralKnown(
            lambda names: rows_by_name(Label.objects.all(), names),
            key=lambda label: label.name,
            unknown=gettext_lazy("There is no label “%(value)s” here."),
            rows=lambda: Label.objects.order_by("name"),
            at_most=MAX_LABELS,
        ),
        meaning=gettext_lazy("Labels with commas between them; those that are missing are made."),
        samples=("payment, urgent for client", "payment"),
        aliases=(
            "tags",
            "label",
            "tag",
            "Etiketten",
            "Schlagwörter",
            "Stichwörter",
            "étiquettes",
            "etiketter",
            "etiquetas",
        ),
    )
    order = Column(
        attribute="position",
        widget=Whole(),
        meaning=gettext_lazy("Where tasks are sorted by their order, the smallest comes first."),
        samples=("1", "2"),
        blank_keeps=True,
        aliases=("position", "sort order", "Reihenfolge", "ordre", "rækkefølge", "ordem"),
    )

    checked_elsewhere = frozenset({"project", "assignee", "milestone", "parent"})

    class Meta:
        model = Task
        import_id_fields = ("reference",)
        fields = import_order = export_order = (
            "reference",
            "project",
            "title",
            "description",
            "status",
            "priority",
            "assignee",
            "due_on",
            "milestone",
            "parent",
            "estimate",
            "labels",
            "order",
        )
