"""Exports of Jira, Asana and Trello, imported as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.files import import_file
from console.importing.mapping import Mapping
from console.importing.results import ImportResult
from tenant_data.models import Label, Milestone, Project, Task
from tenant_data.resources import TaskResource
from tenant_data.resources.programs.trello import without_colours
from tenants.models import Client
from tests.tenant_data import program_files as files
from tests.tenant_data.test_resources import errors


@pytest.fixture(autouse=True)
def _in_alpha(alpha: Client) -> Iterator[None]:
    with schema_context("alpha"):
        User.objects.create_user("bo@alpha.example", name="Bo Berg")
        User.objects.create_user("carla@alpha.example", name="Carla Cruz")
        yield


def taken(content: bytes, **options: Any) -> ImportResult:
    result = import_file(TaskResource, content, **options)
    assert errors(result) == []
    return result


def task(title: str) -> Task:
    return Task.objects.get(title=title)


def labels(title: str) -> list[str]:
    return sorted(task(title).labels.values_list("name", flat=True))


class TestJira:
    def test_is_recognised_and_makes_its_project(self) -> None:
        result = taken(files.JIRA)
        assert result.ways[0] == "The file is an export of Jira."
        assert "1 new project: SHOP · Shop" in result.notes
        assert Project.objects.get(key="SHOP").name == "Shop"

    def test_of_several_fix_versions_the_first_is_the_milestone_and_that_is_said(self) -> None:
        (note,) = [note for note in taken(files.JIRA).notes if "more than one column" in note]
        assert "“Fix versions”" in note
        assert "In 1 row, another one has something else" in note

    def test_an_issue_is_a_task(self) -> None:
        shop = Project.objects.create(key="SHOP", name="Our shop")
        Milestone.objects.create(project=shop, name="Beta")
        taken(files.JIRA)
        card = task("Pay by card")
        assert (card.reference, card.get_priority_display()) == ("SHOP-2", "Urgent")
        assert (card.assignee.email, card.due_on) == ("bo@alpha.example", date(2026, 10, 12))
        assert card.estimate == Decimal("2.5"), "Jira writes seconds"
        assert card.milestone.name == "Beta"
        assert labels("Pay by card") == ["payments", "web"]
        assert card.description == "h2. Goal\n*Fast* payments"

    def test_a_status_of_the_companys_own_is_read_by_its_category(self) -> None:
        taken(files.JIRA)
        found = dict(Task.objects.values_list("title", "status"))
        assert found["Pay by card"] == "in_progress"
        assert (found["Checkout revamp"], found["Write tests"]) == ("in_progress", "done")
        assert found["Of another project"] == "open"

    def test_three_levels_become_two_and_what_is_not_there_is_left_out(self) -> None:
        result = taken(files.JIRA)
        parts = Task.objects.exclude(parent=None).values_list("title", "parent__title")
        assert dict(parts) == {
            "Pay by card": "Checkout revamp",
            "Write tests": "Checkout revamp",
        }
        said = "\n".join(result.notes)
        assert "1 task is a part of a part" in said
        assert "1 task is a part of one in another project" in said
        assert "“Parent key”: 1 value is not known here, and read as an empty cell: SHOP-99" in said

    def test_a_person_that_is_not_here_leaves_a_task_without(self) -> None:
        result = taken(files.JIRA)
        assert task("Write tests").assignee is None
        (sentence,) = [note for note in result.notes if "“Assignee”" in note]
        assert "Somebody Gone (1)" in sentence

    def test_columns_for_which_there_is_no_place_are_named(self) -> None:
        (strange,) = [w for w in taken(files.JIRA).warnings if "not known here" in w]
        for name in ("Reporter", "Created", "Sprint", "Custom field (Story Points)", "Comment"):
            assert name in strange
        assert "“Project key” is not imported: “Project name” is read" in str(
            taken(files.JIRA, dry_run=True).warnings
        )

    def test_parents_by_their_ids_alone(self) -> None:
        taken(files.JIRA_OLD)
        assert task("Part").parent == task("Whole")
        assert [task(t).status for t in ("Whole", "Part")] == ["open", "done"]

    def test_imported_again_changes_nothing(self) -> None:
        taken(files.JIRA)
        again = taken(files.JIRA)
        assert (again.new, again.changed, again.unchanged) == (0, 0, 5)

    def test_a_title_that_is_too_long_is_kept_whole(self) -> None:
        title = "x" * 240
        row = files.jira_row("SHOP-1", title, description="More.")
        result = taken(files.as_csv(files.JIRA_HEADINGS, row))
        (made,) = Task.objects.all()
        assert len(made.title) == 200
        assert made.description == f"{title}\n\nMore."
        assert any("title is too long" in note for note in result.notes)


class TestAsana:
    def test_makes_its_project_with_a_key_from_its_name(self) -> None:
        result = taken(files.ASANA)
        assert "1 new project: NW · New web" in result.notes
        assert Task.objects.filter(project__key="NW").count() == 3

    def test_takes_the_project_of_that_name_if_there_is_one(self) -> None:
        Project.objects.create(key="WEB", name="new WEB")
        taken(files.ASANA)
        assert list(Project.objects.values_list("key", flat=True)) == ["WEB"]

    def test_a_task_is_a_task(self) -> None:
        taken(files.ASANA)
        launch = task("Launch the site")
        assert (launch.status, launch.get_priority_display()) == ("in_progress", "High")
        assert (launch.assignee.email, launch.due_on) == ("bo@alpha.example", date(2026, 10, 15))
        assert labels("Launch the site") == ["Q4", "design"]
        assert launch.description == "Line one\nLine two"

    def test_what_has_a_time_of_completion_is_done(self) -> None:
        taken(files.ASANA)
        assert task("Draw the logo").status == "done"

    def test_a_sub_task_is_in_the_project_of_the_row_above(self) -> None:
        taken(files.ASANA)
        assert task("Draw the logo").project.name == "New web"

    def test_a_person_without_an_address_is_found_by_name(self) -> None:
        taken(files.ASANA)
        assert task("Draw the logo").assignee.email == "carla@alpha.example"

    def test_a_section_that_says_nothing_here_is_named(self) -> None:
        result = taken(files.ASANA)
        assert task("Tell the press").status == "open"
        assert any("Ideas for later (1)" in note for note in result.notes)
        assert any("1 task is in several projects" in note for note in result.notes)


class TestTrello:
    def test_a_card_is_a_task(self) -> None:
        result = taken(files.TRELLO)
        assert "1 new project: BS · Building site" in result.notes
        tiles = task("Order the tiles")
        assert (tiles.status, tiles.due_on) == ("in_progress", date(2026, 10, 9))
        assert tiles.assignee.email == "bo@alpha.example"
        assert labels("Order the tiles") == ["Buying", "Urgent really"]
        assert any("1 task has several people" in note for note in result.notes)

    def test_a_person_is_found_with_the_name_that_they_sign_in_with(self) -> None:
        taken(files.TRELLO.replace(b"Bo Berg", b"Bo Berg (boberg7)"))
        assert task("Order the tiles").assignee.email == "bo@alpha.example"

    def test_what_is_archived_or_ticked_off_is_done(self) -> None:
        taken(files.TRELLO)
        found = dict(Task.objects.values_list("title", "status"))
        assert (found["Old card"], found["Ticked off"]) == ("done", "done")
        assert found["Call the painter"] == "open"

    @pytest.mark.parametrize(
        ("cell", "names"),
        [
            ("", ""),
            ("Buying (green)", "Buying"),
            ("Buying (green_dark), Bath (red)", "Buying, Bath"),
            ("(sky)", "sky"),
            ("One, two (lime)", "One  two"),
            ("Import (old) (black)", "Import (old)"),
            ("No colour", "No colour"),
            ("Bath (red), No colour", "Bath, No colour"),
        ],
    )
    def test_labels_lose_their_colours(self, cell: str, names: str) -> None:
        assert without_colours(cell) == names


class TestColumnsThatAreLookedAt:
    @pytest.mark.parametrize(
        ("content", "sentences"),
        [
            (files.JIRA, ["column “Issue id” is looked at too: it helps to tell “parent”.",
                          "“Status Category” is looked at too: it helps to tell “status”."]),
            (files.ASANA, ["“Completed At” is looked at too: it helps to tell “status”."]),
            (files.TRELLO, ["“Archived”, “Due Complete” are looked at too: they help to tell"]),
        ],
    )  # fmt: skip
    def test_are_not_called_unknown(self, content: bytes, sentences: list[str]) -> None:
        result = taken(content, dry_run=True)
        for said in sentences:
            assert said in "".join(result.notes)
            assert said.split("”")[0] not in "".join(result.warnings)

    def test_are_where_nothing_is_told_by_them(self) -> None:
        mapping = Mapping({"card_name": "title", "board_name": "project"}, {}, {}, "trello")
        result = import_file(TaskResource, files.TRELLO, mapping=mapping, dry_run=True)
        assert "“Due Complete” are not known here" in result.warnings[0]


class TestPeople:
    @pytest.mark.parametrize(
        "cell", ["bo@alpha.example", "BO@alpha.example", "Bo Berg", "bo  BERG"]
    )
    def test_are_found_by_address_or_by_full_name(self, cell: str) -> None:
        Project.objects.create(key="WEB", name="Web")
        taken(f"reference,title,assignee\nWEB-1,a,{cell}\n".encode())
        assert task("a").assignee.email == "bo@alpha.example"

    def test_two_of_one_name_are_an_error_that_says_so(self) -> None:
        User.objects.create_user("other@alpha.example", name="BO BERG")
        result = import_file(TaskResource, b"reference,title,assignee\nWEB-1,a,Bo Berg\n")
        ((column, line, said),) = errors(result)
        assert (column, line) == ("assignee", 2)
        assert "Several people here are called" in said
        taken(b"reference,title,assignee\nWEB-1,a,bo@alpha.example\n")


class TestUnknownValues:
    FILE = b"reference,title,status,labels\nWEB-1,a,Blocked,One\nWEB-2,b,blocked,Two\n"
    COLUMNS = {name: name for name in ("reference", "title", "status", "labels")}  # noqa: RUF012

    def read(self, **chosen: Any) -> ImportResult:
        return import_file(TaskResource, self.FILE, mapping=Mapping(self.COLUMNS, **chosen))

    def test_are_errors_where_nothing_is_said(self) -> None:
        assert len(errors(self.read())) == 2

    def test_may_be_translated_whatever_their_capitals(self) -> None:
        assert errors(self.read(values={"status": {"BLOCKED": "review"}})) == []
        assert set(Task.objects.values_list("status", flat=True)) == {"review"}

    def test_may_be_read_as_empty_cells(self) -> None:
        result = self.read(unknown={"status": "skip", "labels": "skip"})
        assert set(Task.objects.values_list("status", flat=True)) == {"open"}
        assert not Label.objects.exists()
        assert any("One (1), Two (1)" in note for note in result.notes)

    def test_may_be_another_value(self) -> None:
        self.read(unknown={"status": "default:done"})
        assert set(Task.objects.values_list("status", flat=True)) == {"done"}

    def test_a_default_that_is_not_known_either_is_an_error(self) -> None:
        assert len(errors(self.read(unknown={"status": "default:nonsense"}))) == 2
