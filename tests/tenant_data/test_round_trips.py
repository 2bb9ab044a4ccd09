"""Whatever people can write into a form comes back from an export as it was.

The rows are made by Hypothesis, out of what spreadsheets, separated text and readers of it stumble
over; what a form refuses is not made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.forms import modelform_factory
from django_tenants.utils import schema_context
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from console.importing.files import import_file
from console.importing.formats import FORMATS
from console.importing.results import ImportResult
from console.names import composed
from tenant_data.models import Customer, Label, Milestone, Project, Task
from tenant_data.models.colours import Colour
from tenant_data.models.project import ProjectStatus
from tenant_data.models.task import TaskPriority, TaskStatus
from tenant_data.resources import (
    CustomerResource,
    LabelResource,
    MilestoneResource,
    ProjectResource,
    TaskResource,
)
from tenants.models import Client, Plan
from tests.exporting import exported

ODD = (
    *("=1+1", "+49 30", "-1", "@x", "'quoted'", "'=1+1", '"', '""', "a,b", "a;b", "a\tb", "a|b"),
    *("first\r\nsecond", "first\nsecond", "a\n\n\nb", "_x000D_", "_x0041_", "#REF!", "#N/A"),
    *("true", "NULL", "None", "-", "0", "007", "1e5", "1,5", "1.234,56", "2026-01-02", "1/2/2026"),
    *(
        "Ünï cödé",
        "e\u0301",
        "\u00e9",
        "ﬀ",
        "İ",
        "ß",
        "שלום",
        "👩‍👩‍👧",
        "\u00a0",
        "sep=;",
        "%",
        "\\",
        "\\n",
    ),
    *("reference", "name", "<b>", "{{ x }}", "a, b", "WEB-1", "http://x.example", "\ufffd", "`"),
)
# A workbook cannot have the characters that control terminals: they become others in it.
ANY = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)
#: One line, and several.
TEXT = st.one_of(st.sampled_from(ODD), ANY, st.tuples(st.sampled_from(ODD), ANY).map("".join))
LONG = st.lists(TEXT, max_size=4).map("\r\n".join)
DAY = st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2150, 1, 1)))

property_test = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[
        Phase.explicit,
        Phase.generate,
    ],  # The cases are small, and to shrink one takes minutes.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def rows(max_size: int = 4, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=max_size)


def one_of(choices: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(choices.values)


CUSTOMERS = rows(
    name=TEXT,
    contact_name=TEXT,
    contact_email=st.one_of(st.just(""), st.emails()),
    contact_phone=TEXT,
    notes=LONG,
)
PROJECTS = rows(
    key=st.sampled_from(["WEB", "OPS", "A1", "X9"]),
    name=TEXT,
    description=LONG,
    status=one_of(ProjectStatus),
    colour=one_of(Colour),
    starts_on=DAY,
    due_on=DAY,
)
MILESTONES = rows(
    project=st.sampled_from([0, 1]),
    name=TEXT,
    description=LONG,
    due_on=DAY,
    is_reached=st.booleans(),
)
TASKS = rows(
    project=st.sampled_from([0, 1]),
    title=TEXT,
    description=LONG,
    status=one_of(TaskStatus),
    priority=one_of(TaskPriority),
    due_on=DAY,
    estimate=st.one_of(st.none(), st.decimals(0, 9999, places=2)),
    position=st.integers(-(10**6), 10**6),
    milestone=st.one_of(st.none(), st.integers(0, 3)),
    parent=st.one_of(st.none(), st.integers(0, 3)),
    labels=st.lists(st.integers(0, 3), max_size=4, unique=True),
)


@pytest.fixture(autouse=True)
def _in_alpha(alpha: Client) -> Iterator[None]:
    Plan.objects.update(features=["customers"])
    with schema_context("alpha"):
        yield


@contextmanager
def taken_back() -> Iterator[None]:
    """A transaction of which nothing stays, for one example."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def save(model: Any, rows: list[dict[str, Any]]) -> list[Any]:
    """What a form makes of each row, where it takes it."""
    saved = []
    for row in rows:
        form = modelform_factory(model, fields=list(row))(row)
        if form.is_valid():
            saved.append(form.save())
    return saved


def comes_back(resource: Any) -> None:
    """All that is there is found, and the same, when its export is imported; and where it is gone,
    it is made again as it was."""
    count = resource().get_queryset().count()
    assume(count)
    for kind in FORMATS:
        content = exported(resource, kind)
        assert counts(import_file(resource, content)) == (0, 0, count), kind
        before = texts(resource)
        resource().get_queryset().delete()
        assert counts(import_file(resource, content)) == (count, 0, 0), kind
        assert texts(resource) == before, kind


def texts(resource: Any) -> str:
    """What is there, whatever its lines end with: browsers send two characters, files have one;
    and whether letters with signs are one character or two."""
    return composed(exported(resource).decode().replace("\r\n", "\n"))


def counts(result: ImportResult) -> tuple[int, int, int]:
    assert not result.has_errors(), result.errors_by_column()
    return result.new, result.changed, result.unchanged


@property_test
@given(rows(name=TEXT, colour=one_of(Colour)))
def test_labels(labels: list[dict[str, Any]]) -> None:
    with taken_back():
        save(Label, labels)
        comes_back(LabelResource)


@property_test
@given(CUSTOMERS, PROJECTS)
def test_customers_and_projects(customers: list[Any], projects: list[Any]) -> None:
    with taken_back():
        there = save(Customer, customers)
        for place, project in enumerate(projects):
            project["customer"] = there[place % len(there)].pk if there else None
        save(Project, projects)
        comes_back(ProjectResource)
        Project.objects.all().delete()
        comes_back(CustomerResource)


@property_test
@given(MILESTONES, TASKS, rows(name=TEXT, colour=one_of(Colour)))
def test_milestones_and_tasks(milestones: list[Any], tasks: list[Any], labels: list[Any]) -> None:
    with taken_back():
        projects = [Project.objects.create(key=key, name=key) for key in ("WEB", "OPS")]
        names = save(Label, labels)
        for row in (*milestones, *tasks):
            row["project"] = projects[row["project"]].pk
        points = save(Milestone, milestones)
        made: list[Task] = []
        for row in tasks:
            row["milestone"] = at(points, row["milestone"])
            row["parent"] = at(made, row["parent"])
            row["labels"] = [key for place in row["labels"] if (key := at(names, place))]
            made += save(Task, [row])
        comes_back(TaskResource)
        Task.objects.all().delete()
        comes_back(MilestoneResource)


def at(rows: list[Any], place: int | None) -> int | None:
    """The key of the row at that place, where there is one."""
    return rows[place].pk if place is not None and place < len(rows) else None
