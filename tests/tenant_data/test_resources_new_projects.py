"""Projects that a file of tasks calls by a name, and that are made with it if somebody says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.files import import_file
from console.importing.mapping import Mapping
from tenant_data.models import Project, Task
from tenant_data.resources import TaskResource
from tenant_data.resources.new_keys import KeyMaker
from tenants.models import Client
from tests.tenant_data import program_files as files
from tests.tenant_data.test_resources import errors

MAKING = Mapping({"title": "title", "project": "project"}, unknown={"project": "create"})


@pytest.fixture(autouse=True)
def _in_alpha(alpha: Client) -> Iterator[None]:
    with schema_context("alpha"):
        yield


def make(*projects: str) -> None:
    """Import a task for each of the projects, all of which are to be made."""
    content = "\n".join(["title,project", *(f"in {name},{name}" for name in projects)]).encode()
    assert not errors(import_file(TaskResource, content, mapping=MAKING))


def test_are_refused_to_who_may_not_add_projects() -> None:
    somebody = User.objects.create_user("x@alpha.example")
    result = import_file(TaskResource, files.TRELLO, user=somebody)
    assert ("Board Name", 2) in [error[:2] for error in errors(result)]
    assert not Task.objects.exists()


def test_are_an_error_where_nobody_asked_for_them() -> None:
    file = b"title,project\na,Nowhere\n"
    ((column, line, said),) = errors(import_file(TaskResource, file))
    assert (column, line) == ("project", 2)
    assert said == (
        "There is no project “Nowhere” here. Add the project first, or have it made: on the page, "
        "below “Change which column is which”, choose “are made” for all others."
    )


def test_are_offered_to_nobody_who_may_not_add_them() -> None:
    somebody = User.objects.create_user("x@alpha.example")
    file = b"title,project\na,Nowhere\n"
    (error,) = errors(import_file(TaskResource, file, user=somebody))
    assert error[2] == "There is no project “Nowhere” here. Add the project first."


def test_are_made_where_somebody_did() -> None:
    Project.objects.create(key="NOWH", name="Taken")
    make("Nowhere", "nowhere", "Web", "7 & more", "日本")
    made = dict(Project.objects.values_list("name", "key"))
    assert made == {
        "Taken": "NOWH", "Nowhere": "NOWH2", "Web": "WEB", "7 & more": "MPRJ", "日本": "PRJ",
    }  # fmt: skip
    assert Task.objects.get(title="in nowhere").project.name == "Nowhere"


def test_get_keys_that_nobody_has_however_many_begin_alike() -> None:
    for key in ("ABCDEFG", "ABCDEF2000"):
        Project.objects.create(key=key, name="Taken")
    keys = KeyMaker(f"ABCDEFG{number}" for number in range(2, 1000))
    assert [keys.free("ABCDEFG") for _ in range(1002)][-1] == "ABCDEF2002"


def test_cost_no_query_each() -> None:
    def queries(count: int, letter: str) -> int:
        with CaptureQueriesContext(connection) as context:
            make(*(f"{letter}{number}" for number in range(count)))
        return len(context)

    queries(1, "Д")
    assert queries(20, "Ж") == queries(200, "И")
