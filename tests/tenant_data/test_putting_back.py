"""What an import made and changed is taken back, and what was touched since is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.history.acting import part_of
from console.history.models import LogEntry
from console.importing import putting_back
from console.importing.files import import_file
from console.importing.putting_back import PuttingBack
from console.importing.undone import EDITED, GONE, LOST, TAKEN, UNFIT, USED, PutBack
from tenant_data.models import Comment, Customer, Label, Milestone, Project, Task
from tenant_data.resources import (
    CustomerResource,
    LabelResource,
    MilestoneResource,
    ProjectResource,
    TaskResource,
)
from tenants.models import Client, Plan

WORK = (Customer, Project, Milestone, Label, Task)
#: Numbers are given once, and the time of the last change goes on.
NOT_PUT_BACK = {"last_number", "updated_at"}


@pytest.fixture(autouse=True)
def _in_alpha(alpha: Client) -> Iterator[None]:
    """A project with a milestone and three tasks, one of them done and with labels."""
    with schema_context("public"):
        Plan.objects.update(features=["customers"])
    with schema_context("alpha"):
        users = get_user_model().objects
        ada = users.create(email="ada@x.example", name="Ada")
        users.create(email="bo@x.example", name="Bo")
        web = Project.objects.create(key="WEB", name="Web shop", lead=ada)
        web.members.add(ada)
        beta = Milestone.objects.create(project=web, name="Beta")
        one = Task.objects.create(
            project=web, number=1, title="One", assignee=ada, milestone=beta, status="done",
            due_on=date(2026, 11, 1), estimate=Decimal("2.5"), description="Long\nago",
        )  # fmt: skip
        one.labels.add(Label.objects.create(name="Idea"), Label.objects.create(name="Later"))
        Task.objects.create(project=web, number=2, title="Two", parent=one)
        Task.objects.create(project=web, number=3, title="Three")
        yield


def bring(resource: Any, *lines: str, number: int = 1) -> None:
    with part_of(f"import:{number}"):
        result = import_file(resource, "\n".join(lines).encode())
    assert not result.kinds


def put_back(number: int = 1) -> PutBack:
    back = PuttingBack(f"import:{number}", f"undo:{number}", TaskResource())
    with part_of(f"undo:{number}"):
        return back.run(lambda done, total: None)


def picture() -> dict[str, Any]:
    """Everything that is there, as it is."""
    found = {}
    for model in WORK:
        for row in serializers.serialize("python", model.objects.order_by("pk")):
            row["fields"] = {
                name: sorted(value) if isinstance(value, list) else value
                for name, value in row["fields"].items()
                if name not in NOT_PUT_BACK
            }
            found[row["model"], row["pk"]] = row
    return found


def task(number: int) -> Task:
    return Task.objects.get(project__key="WEB", number=number)


ALL = (
    "reference,project,title,status,priority,assignee,due_on,milestone,parent,estimate,labels,order"
)


class TestEverything:
    def test_that_tasks_were_is_as_before(self) -> None:
        before = picture()
        bring(
            TaskResource,
            ALL,
            'WEB-1,,Uno,open,high,bo@x.example,2027-01-01,,,7.25,"Idea, New",9',
            "WEB-2,,Two,done,low,,,,,,,",
            "WEB-3,,Drei,review,normal,ada@x.example,,Beta,WEB-9,,Idea,",
            "WEB-8,,Part,open,,,,,WEB-9,,,",
            "WEB-9,,Whole,open,,,,,,,Later,",
            ",WEB,Numbered,done,,,,,,,,",
            "NEW-1,Brand new,First,open,,,,,,,New,",
        )
        assert picture() != before
        result = put_back()
        names = ("task", "project", "label")
        removed = dict(zip((f"tenant_data.{name}" for name in names), (4, 1, 1), strict=True))
        assert (result.removed, result.restored) == (removed, {"tenant_data.task": 3})
        assert result.left == 0
        assert picture() == before

    @pytest.mark.parametrize(
        ("resource", "lines"),
        [
            (
                ProjectResource,
                (
                    "key,name,lead,members,due_on",
                    "WEB,Shop,bo@x.example,bo@x.example,2027-01-01",
                    "OPS,Office,,ada@x.example,",
                ),
            ),
            (
                MilestoneResource,
                ("project,name,description,is_reached", "WEB,Beta,Now,yes", "WEB,Gamma,,no"),
            ),
            (LabelResource, ("name,colour", "idea,pink", "Fresh,red")),
        ],
    )
    def test_that_others_were_is_as_before(self, resource: Any, lines: tuple[str, ...]) -> None:
        before = picture()
        bring(resource, *lines)
        assert picture() != before
        assert put_back().left == 0
        assert picture() == before

    def test_customers(self) -> None:
        Customer.objects.create(name="Norden", notes="old")
        before = picture()
        bring(CustomerResource, "name,notes", "norden,new", "Harbour,")
        assert put_back().left == 0
        assert picture() == before

    def test_the_time_at_which_a_task_was_done_comes_back_with_its_status(self) -> None:
        done_at = task(1).done_at
        bring(TaskResource, "reference,title,status", "WEB-1,One,open")
        assert task(1).done_at is None
        put_back()
        assert task(1).done_at == done_at

    def test_is_in_the_history_as_one_thing(self) -> None:
        bring(TaskResource, "reference,title", "WEB-1,Uno", "WEB-5,Five")
        put_back()
        entries = LogEntry.objects.filter(cid="undo:1")
        assert {(entry.action, entry.object_repr) for entry in entries} == {
            (LogEntry.Action.UPDATE, "WEB-1 One"),
            (LogEntry.Action.DELETE, "WEB-5 Five"),
        }

    def test_of_another_import_stays(self) -> None:
        bring(TaskResource, "reference,title", "WEB-5,Five", number=1)
        bring(TaskResource, "reference,title", "WEB-6,Six", number=2)
        put_back(1)
        assert not Task.objects.filter(number=5).exists()
        assert task(6).title == "Six"

    def test_of_two_imports_is_put_back_from_the_last(self) -> None:
        before = picture()
        bring(TaskResource, "reference,title", "WEB-1,Uno", number=1)
        bring(TaskResource, "reference,title", "WEB-1,Eins", number=2)
        assert put_back(1).named == [("tenant_data.task", "WEB-1 Uno", EDITED)]
        assert task(1).title == "Eins"
        assert put_back(2).left == 0
        assert task(1).title == "Uno"
        assert picture() != before


class TestLeftAlone:
    def reasons(self, number: int = 1) -> dict[str, str]:
        result = put_back(number)
        assert result.left == len(result.named)
        return {name: why for _model, name, why in result.named}

    def test_is_what_was_edited_since(self) -> None:
        bring(TaskResource, "reference,title", "WEB-1,Uno", "WEB-3,Drei", "WEB-5,Five")
        for number in (1, 5):
            edited = task(number)
            edited.priority = 4
            edited.save()
        assert self.reasons() == {"WEB-1 Uno": EDITED, "WEB-5 Five": EDITED}
        assert (task(1).title, task(3).title, task(5).priority) == ("Uno", "Three", 4)

    def test_is_what_was_changed_past_the_history(self) -> None:
        bring(TaskResource, "reference,title", "WEB-1,Uno", "WEB-5,Five")
        Task.objects.filter(number__in=[1, 5]).update(title="Else")
        assert self.reasons() == {"WEB-1 Uno": EDITED, "WEB-5 Five": EDITED}

    def test_is_a_new_task_that_somebody_commented(self) -> None:
        bring(TaskResource, "reference,title", "WEB-1,Uno", "WEB-5,Five")
        for number in (1, 5):
            Comment.objects.create(task=task(number), text="Well")
        assert self.reasons() == {"WEB-5 Five": EDITED}
        assert task(1).title == "One"
        assert task(5).comments.count() == 1

    def test_is_what_others_lead_to(self) -> None:
        bring(
            TaskResource,
            "reference,project,title,labels",
            "NEW-1,New,First,Fresh",
            "NEW-2,,Second,",
        )
        second = Task.objects.get(project__key="NEW", number=2)
        second.title = "Mine"
        second.save()
        task(2).labels.add(Label.objects.get(name="Fresh"))
        assert self.reasons() == {"NEW-2 Second": EDITED, "NEW · New": USED, "Fresh": USED}
        assert [label.name for label in task(2).labels.all()] == ["Fresh"]

    def test_is_a_whole_that_has_got_a_part(self) -> None:
        bring(TaskResource, "reference,title", "WEB-5,Five")
        Task.objects.filter(number=3).update(parent=task(5))
        assert self.reasons() == {"WEB-5 Five": USED}

    def test_is_what_was_deleted_since(self) -> None:
        bring(TaskResource, "reference,title", "WEB-3,Drei", "WEB-5,Five")
        Task.objects.filter(number__in=[3, 5]).delete()
        assert self.reasons() == {"WEB-3 Drei": GONE}

    def test_is_what_led_to_something_that_is_gone(self) -> None:
        bring(TaskResource, "reference,title,assignee,labels", "WEB-1,One,,Later", "WEB-3,Drei,,")
        get_user_model().objects.filter(email="ada@x.example").delete()
        assert self.reasons() == {"WEB-1 One": LOST}
        assert task(3).title == "Three"

    def test_is_what_the_database_refuses_and_nothing_beside_it(self) -> None:
        bring(TaskResource, "reference,title,milestone,labels", "WEB-1,One,,", "WEB-3,Drei,,Idea")
        Milestone.objects.update(project=Project.objects.create(key="OPS", name="Office"))
        assert self.reasons() == {"WEB-1 One": TAKEN}
        assert (task(3).title, task(3).labels.count()) == ("Three", 0)
        entry = LogEntry.objects.get(cid="undo:1")
        assert entry.changes == {"title": ["Drei", "Three"], "labels": [["Idea"], []]}

    def test_is_a_part_that_has_parts_by_now(self) -> None:
        bring(TaskResource, "reference,title,parent", "WEB-2,Two,", "WEB-3,Three,WEB-2")
        other = Task.objects.create(project=task(1).project, number=4, title="Four")
        other.parent = task(2)
        other.save()
        assert self.reasons() == {"WEB-2 Two": UNFIT}
        assert (task(2).parent, task(3).parent, task(4).parent) == (None, None, task(2))

    @pytest.mark.parametrize("what", ["a part", "in another project"])
    def test_is_a_part_of_what_is_none_for_it_by_now(self, what: str) -> None:
        bring(TaskResource, "reference,title,parent", "WEB-2,Two,", "WEB-3,Drei,")
        whole = task(1)
        if what == "a part":
            whole.parent = task(3)
        else:
            whole.project = Project.objects.create(key="OPS", name="Office")
            whole.milestone = None
        whole.save()
        assert self.reasons() == {"WEB-2 Two": UNFIT}
        assert (task(2).parent, task(3).title) == (None, "Three")


class TestPartsAndWholes:
    @pytest.mark.parametrize("batch", [1, 1000])
    def test_change_their_places_back(self, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """One row is in the way of another that comes before it, or is restored with it."""
        monkeypatch.setattr(putting_back, "BATCH", batch)
        before = picture()
        bring(TaskResource, "reference,title,parent", "WEB-1,One,WEB-2", "WEB-2,Two,")
        assert picture() != before
        assert put_back().left == 0
        assert picture() == before


def test_takes_as_many_queries_for_30_rows_as_for_3() -> None:
    def queries(count: int, number: int) -> int:
        rows = [f"WEB-{100 * number + n},New {n},Idea,Beta" for n in range(count)]
        bring(
            TaskResource,
            "reference,title,labels,milestone",
            "WEB-1,Changed,,",
            "WEB-2,Changed,Idea,Beta",
            "WEB-3,Changed,Idea,Beta",
            *rows,
            number=number,
        )
        with CaptureQueriesContext(connection) as found:
            assert put_back(number).removed == {"tenant_data.task": count}
        return len(found)

    queries(1, 2)
    assert queries(3, 3) == queries(30, 4)
