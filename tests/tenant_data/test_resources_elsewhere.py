"""Files that were exported elsewhere: refused, or by choice taken as new rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.exceptions import FileError
from console.importing.files import import_file, read_table
from console.importing.reading import AS_NEW, REFUSED, Reading
from console.importing.results import ImportResult
from tenant_data.models import Customer, Label, Milestone, Project, Task
from tenant_data.resources import (
    CustomerResource,
    LabelResource,
    MilestoneResource,
    ProjectResource,
    TaskResource,
)
from tenants.models import Client, Plan
from tests.exporting import exported
from tests.tenant_data.test_resources import errors

HEADER = "reference,project,title,assignee,milestone,parent,labels,exported_from"


@pytest.fixture(autouse=True)
def _in_alpha(alpha: Client, beta: Client) -> Iterator[None]:
    Plan.objects.update(features=["customers"])
    with schema_context("alpha"):
        yield


def taken(*rows: str, header: str = HEADER, resource: Any = TaskResource) -> ImportResult:
    """Import rows of beta's, as new ones."""
    content = "\n".join([header, *(f"{row},beta" for row in rows)]).encode()
    return import_file(resource, content, reading=Reading(foreign=AS_NEW))


def tasks() -> dict[str, str]:
    return {task.title: task.reference for task in Task.objects.select_related("project")}


class TestRefused:
    @pytest.mark.parametrize(
        "resource", [CustomerResource, LabelResource, ProjectResource, MilestoneResource]
    )
    def test_is_a_file_of_another_company(self, resource: Any) -> None:
        with schema_context("beta"):
            web = Project.objects.create(key="WEB", name="Web")
            Milestone.objects.create(project=web, name="Beta")
            Customer.objects.create(name="Acme")
            Label.objects.create(name="Idea")
            content = exported(resource)
        with schema_context("alpha"):
            sentence = "exported from “beta”, and this is “alpha”: .* nothing of it was imported"
            with pytest.raises(FileError, match=sentence):
                import_file(resource, content)
            assert not resource().get_queryset().exists()

    def test_can_be_taken_as_new_if_somebody_chooses(self) -> None:
        with read_table(b"name,exported_from\nIdea,beta\n") as table:
            with pytest.raises(FileError):
                LabelResource().import_data(table)
            assert table.reading.foreign == REFUSED

    def test_cannot_be_taken_as_new_where_its_keys_say_nothing_here(self) -> None:
        content = b"project,name,exported_from\nWEB,Beta,beta\n"
        with read_table(content, Reading(foreign=AS_NEW)) as table:
            with pytest.raises(FileError):
                MilestoneResource().import_data(table)
            assert table.reading.foreign == ""

    def test_rows_of_several_places_are_with_their_lines(self) -> None:
        rows = ["a,alpha", "b,beta", "c,", *(f"d{n},gamma" for n in range(7))]
        content = "\n".join(["name,exported_from", *rows]).encode()
        for foreign in ("", AS_NEW):
            with pytest.raises(FileError) as refusal:
                import_file(LabelResource, content, reading=Reading(foreign=foreign))
            assert str(refusal.value) == (
                "The rows of this file were exported in several places: “alpha” on line 2; “beta” "
                "on line 3; “gamma” on lines 5, 6, 7, 8, 9, …."
            )

    def test_not_a_file_of_ones_own_nor_one_that_does_not_say(self) -> None:
        assert import_file(LabelResource, b"name,Exported From\na,ALPHA\nb,\n").new == 2
        assert import_file(LabelResource, b"name,exported_from\nc,\n").new == 1
        assert import_file(LabelResource, b"name\nd\n").new == 1


class TestTasksAsNew:
    def test_their_projects_number_them(self) -> None:
        web = Project.objects.create(key="WEB", name="Web shop")
        Task.objects.create(project=web, title="Ours")
        result = taken("SHOP-1,web  shop,First,,,,", "SHOP-9,Web shop,Second,,,,")
        assert (result.new, result.changed) == (2, 0)
        assert tasks() == {"Ours": "WEB-1", "First": "WEB-2", "Second": "WEB-3"}
        assert any("next numbers of their projects here" in note for note in result.notes)

    def test_a_project_of_the_same_key_and_another_name_is_not_theirs(self) -> None:
        ours = Project.objects.create(key="WEB", name="Website relaunch")
        Task.objects.create(project=ours, title="Ours")
        result = taken("WEB-1,Web shop,Theirs,,,,")
        assert not errors(result)
        assert tasks() == {"Ours": "WEB-1", "Theirs": "WEB2-1"}
        assert Project.objects.get(key="WEB2").name == "Web shop"

    def test_their_projects_are_shown_by_name(self) -> None:
        Project.objects.create(key="OPS", name="Office")
        result = taken("SHOP-1,Web shop,First,,,,", "OPS-1,office,Second,,,,", "XY-1,Ops,Third,,,,")
        assert not errors(result)
        shown = [dict(cell[::2] for cell in row.cells) for row in result.samples["new"]]
        # A cell with “Ops” would be the project with that key.
        assert [one["project"] for one in shown] == ["Web shop", "Office", "XY"]
        assert tasks() == {"First": "SHOP-1", "Second": "OPS-1", "Third": "XY-1"}

    def test_a_project_that_is_not_here_is_made_with_its_key(self) -> None:
        taken("SHOP-7,Web shop,First,,,,")
        assert tasks() == {"First": "SHOP-1"}

    def test_a_key_that_is_as_long_as_keys_are_makes_room_for_its_number(self) -> None:
        Project.objects.create(key="ABCDEFGHIJ", name="Ours")
        taken("ABCDEFGHIJ-7,Theirs,First,,,,")
        assert tasks() == {"First": "ABCDEFGHI2-1"}

    @pytest.mark.parametrize("order", [1, -1])
    def test_parts_stay_with_their_wholes(self, order: int) -> None:
        """And never go to a task that has the same reference here."""
        web = Project.objects.create(key="WEB", name="Other")
        Task.objects.create(project=web, title="Ours")
        rows = [
            "WEB-1,Web shop,Whole,,,,",
            "WEB-2,Web shop,Part,,,WEB-1,",
            "WEB-3,Web shop,Another,,,WEB-1,",
        ]
        result = taken(*rows[::order])
        assert not errors(result)
        parts = Task.objects.filter(parent__title="Whole").values_list("title", flat=True)
        assert set(parts) == {"Part", "Another"}
        assert not Task.objects.filter(parent__title="Ours").exists()

    def test_a_whole_that_is_not_in_the_file_is_left_out(self) -> None:
        web = Project.objects.create(key="WEB", name="Web shop")
        Task.objects.create(project=web, title="Ours")
        result = taken("WEB-2,Web shop,Part,,,WEB-1,")
        assert Task.objects.get(title="Part").parent is None
        assert "1 cell of “parent” names what is not here and is left out, such as “WEB-1”." in (
            result.notes
        )

    def test_parts_of_parts_are_in_error_as_anywhere(self) -> None:
        result = taken("A1-1,A,x,,,,", "A1-2,A,y,,,A1-1,", "A1-3,A,z,,,A1-2,")
        found = errors(result)
        assert ("parent", 4, "A1-2 is a part of another task itself.") in found

    def test_people_and_milestones_that_are_not_here_are_left_out(self) -> None:
        User.objects.create_user("bo@alpha.example")
        web = Project.objects.create(key="WEB", name="Web shop")
        Milestone.objects.create(project=web, name="Beta")
        result = taken(
            "SHOP-1,Web shop,Here,bo@alpha.example,Beta,,Idea",
            "SHOP-2,Web shop,Not,cy@beta.example,Gamma,,",
        )
        assert not errors(result)
        here, other = Task.objects.get(title="Here"), Task.objects.get(title="Not")
        assert (here.assignee.email, here.milestone.name) == ("bo@alpha.example", "Beta")
        assert [label.name for label in here.labels.all()] == ["Idea"]
        assert (other.assignee, other.milestone) == (None, None)
        assert len([note for note in result.notes if "is left out" in note]) == 2

    def test_the_preview_shows_the_numbers_as_not_given_yet(self) -> None:
        result = taken("SHOP-1,Web shop,Here,,,,")
        assert result.samples["new"][0].key == "SHOP, next number"
        assert "exported_from" not in [cell[0] for cell in result.samples["new"][0].cells]

    def test_making_projects_takes_the_right_to(self) -> None:
        user = User.objects.create_user("bo@alpha.example")
        content = f"{HEADER}\nSHOP-1,Web shop,x,,,,,beta\n".encode()
        result = import_file(
            TaskResource, content, reading=Reading(foreign=AS_NEW), dry_run=True, user=user
        )
        assert "you may not add projects" in errors(result)[0][2]

    def test_a_reference_that_is_none_is_in_error(self) -> None:
        assert "is not a reference" in errors(taken("SHOP,Web shop,x,,,,"))[0][2]


class TestOthersAsNew:
    def test_what_is_here_already_stays_as_it_is(self) -> None:
        Label.objects.create(name="Idea", colour="teal")
        result = taken(
            "idea,red", "Later,red", header="name,colour,exported_from", resource=LabelResource
        )
        assert (result.new, result.changed, result.unchanged) == (1, 0, 1)
        assert dict(Label.objects.values_list("name", "colour")) == {"Idea": "teal", "Later": "red"}
        assert "1 row has a key that is taken here: it is left out." in result.notes

    def test_a_project_comes_with_those_of_its_people_who_are_here(self) -> None:
        User.objects.create_user("bo@alpha.example")
        result = taken(
            'SHOP,Web shop,cy@beta.example,"bo@alpha.example, cy@beta.example"',
            header="key,name,lead,members,exported_from",
            resource=ProjectResource,
        )
        assert not errors(result)
        shop = Project.objects.get()
        assert shop.lead is None
        assert [user.email for user in shop.members.all()] == ["bo@alpha.example"]
