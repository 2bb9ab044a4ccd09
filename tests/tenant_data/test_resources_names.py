"""Names in files: letters with their signs apart, and people who cannot sign in any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.files import import_file
from console.importing.resource import KeyedResource
from console.importing.results import ImportResult
from tenant_data.models import Customer, Label, Milestone, Project, Task
from tenant_data.resources import CustomerResource, ProjectResource, TaskResource
from tenants.models import Client, Plan
from tests.tenant_data.test_resources import errors


@pytest.fixture(autouse=True)
def _in_alpha(alpha: Client) -> Iterator[None]:
    Plan.objects.update(features=["customers"])
    with schema_context("alpha"):
        User.objects.create_user("bo@alpha.example", name="Bo")
        web = Project.objects.create(key="WEB", name="Web shop")
        Task.objects.create(project=web, title="One")
        yield


def rows(resource: type[KeyedResource], *lines: str) -> ImportResult:
    return import_file(resource, "\n".join(lines).encode())


class TestLettersWithTheirSignsApart:
    """Some programs write “ä” as an “a” with a sign above it, and nobody sees the difference."""

    def test_are_the_same_customer_and_kept_as_one_letter(self) -> None:
        result = rows(CustomerResource, "name,notes", "Ba\u0308ckerei,u\u0308ber")
        assert (result.new, errors(result)) == (1, [])
        assert Customer.objects.get(name="Bäckerei").notes == "über"
        assert rows(CustomerResource, "name,notes", "Ba\u0308ckerei,über").unchanged == 1

    def test_are_the_same_people_labels_milestones_and_words(self) -> None:
        zoe = User.objects.create_user("zoe@alpha.example", name="Zoë")
        Label.objects.create(name="Fête")
        web = Project.objects.get(key="WEB")
        beta = Milestone.objects.create(project=web, name="Bêta")
        line = "WEB-9,x,Zoe\u0308,Fe\u0302te,Be\u0302ta,a\u0300 faire"
        result = rows(TaskResource, "reference,title,assignee,labels,milestone,status",
                      line)  # fmt: skip
        assert errors(result) == []
        task = Task.objects.get(title="x")
        assert (task.assignee, task.milestone, task.status) == (zoe, beta, "open")
        assert [label.name for label in task.labels.all()] == ["Fête"]

    @pytest.mark.parametrize("kind", [Customer, Label, Milestone, Project, User])
    def test_are_so_in_forms_too(self, kind: Any) -> None:
        row = kind(name="Ba\u0308ckerei")
        row.clean()
        assert row.name == "Bäckerei"

    def test_that_are_in_a_text_already_are_no_change(self) -> None:
        Project.objects.filter(key="WEB").update(description="u\u0308ber")
        assert rows(ProjectResource, "key,name,description", "WEB,Web shop,über").unchanged == 1


class TestPeopleWhoCannotSignInAnyMore:
    NOTE = "This gives something to somebody who cannot sign in any more: old@alpha.example."

    @pytest.fixture
    def old(self) -> User:
        """A deactivated namesake of Bo's."""
        return User.objects.create_user("old@alpha.example", name="Bo", is_active=False)

    def test_do_not_make_a_name_unclear(self, old: User) -> None:
        result = rows(TaskResource, "reference,title,assignee", "WEB-1,One,bo")
        assert errors(result) == []
        assert result.notes == []
        assert Task.objects.get(title="One").assignee.email == "bo@alpha.example"

    def test_are_named_where_they_get_something(self, old: User) -> None:
        for line in ("WEB-1,One,old@alpha.example", "WEB-9,New,old@alpha.example"):
            result = rows(TaskResource, "reference,title,assignee", line)
            assert result.notes == [self.NOTE]
        header = "key,name,lead,members"
        for line in ("WEB,Web shop,old@alpha.example,", "OPS,Office,,old@alpha.example"):
            assert self.NOTE in rows(ProjectResource, header, line).notes

    def test_keep_what_they_have_without_a_word(self, old: User) -> None:
        web = Project.objects.get(key="WEB")
        web.members.set([old])
        Task.objects.update(assignee=old)
        result = rows(TaskResource, "reference,title,assignee", f"WEB-1,1,{old.email}")
        assert (result.changed, result.notes) == (1, [])
        result = rows(ProjectResource, "key,name,members", f"WEB,Shop,{old.email}")
        assert (result.changed, result.notes) == (1, [])
