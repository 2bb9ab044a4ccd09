"""Which column of a file is which field: what is suggested, and what somebody chooses.

Only columns: no database is needed for that.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

import pytest

from console.importing.declared import DeclaredResource
from console.importing.exceptions import FileError
from console.importing.files import read_table
from console.importing.headings import heading
from console.importing.mapped import MappedTable, map_table
from console.importing.mapping import SUGGEST, Mapping, digest_of_headings
from console.importing.mapping_words import tell
from console.importing.results import ImportResult
from console.importing.suggesting import suggest
from tenant_data.resources import (
    CustomerResource,
    LabelResource,
    MilestoneResource,
    ProjectResource,
    TaskResource,
)
from tenants.resources import ClientResource, DomainResource, PlanResource
from tests.console.corpus import text
from tests.tenant_data import program_files

RESOURCES = [
    ClientResource,
    CustomerResource,
    DomainResource,
    LabelResource,
    MilestoneResource,
    PlanResource,
    ProjectResource,
    TaskResource,
]
of_each = pytest.mark.parametrize("resource", RESOURCES, ids=lambda r: r.__name__)


def mapped(
    *lines: str, resource: type[Any] = TaskResource, mapping: Mapping = SUGGEST
) -> MappedTable:
    importing = resource()
    return map_table(read_table(text(*lines), wanted=importing.wanted()), importing, mapping)


def fields(table: MappedTable) -> dict[str, str]:
    """The field of each column of the file that is imported."""
    return {column.heading: column.field for column in table.columns_of_file if column.field}


def said(table: MappedTable) -> list[str]:
    result = ImportResult()
    tell(table, result)
    return [*result.ways, *result.warnings, *result.notes]


class TestNames:
    @of_each
    def test_our_own_file_is_read_as_it_is(self, resource: type[DeclaredResource]) -> None:
        header, *rows = resource().sample()
        table = mapped(",".join(header), *(",".join(f'"{c}"' for c in row) for row in rows),
                       resource=resource)  # fmt: skip
        assert fields(table) == {name: name for name in header}
        assert (table.headers, said(table)) == (header, [])

    @of_each
    def test_another_name_leads_to_one_field(self, resource: type[DeclaredResource]) -> None:
        columns = resource().columns
        aliases = list(chain.from_iterable(column.aliases for column in columns))
        assert len(set(aliases)) == len(aliases)
        assert not set(aliases) & {column.column_name for column in columns}

    @of_each
    def test_every_field_that_is_imported_has_another_name(
        self, resource: type[DeclaredResource]
    ) -> None:
        assert [c.column_name for c in resource().columns if not (c.aliases or c.is_info)] == []

    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("Ticket;Titel;Projekt;Fällig am;Zuständig", "title project due_on assignee"),
            ("Titre;Projet;Échéance;Priorité;Étiquettes", "title project due_on priority labels"),
            ("Opgave;Projekt;Forfaldsdato;Ansvarlig", "title project due_on assignee"),
            ("Tarefa;Projeto;Prazo;Responsável", "title project due_on assignee"),
            ("TASK NAME;Project-Name;Due_Date;Assigned To", "title project due_on assignee"),
        ],
    )
    def test_of_other_languages_and_programs(self, header: str, expected: str) -> None:
        table = mapped(header, ";".join("x" for _ in header.split(";")))
        assert table.headers == expected.split()

    def test_of_plain_english(self) -> None:
        assert mapped("Key,Project", "WEB,x", resource=ProjectResource).headers == ["key", "name"]
        table = mapped("Title,Project,Owner,Est. hours", "x,WEB,y,2")
        assert table.headers[2:] == ["assignee", "estimate"]
        assert mapped("Title,Project,Hours", "x,WEB,2").headers[2:] == ["estimate"]

    def test_letters_with_their_signs_apart_are_the_same(self) -> None:
        assert heading("Fa\u0308llig am") == heading("fällig AM")

    def test_a_header_with_other_names_is_found_below_a_title(self) -> None:
        table = mapped("Report;", "", "Summary;Board Name", "a;b")
        assert (table.headers, table.left_out) == (["title", "project"], 1)

    def test_the_own_name_comes_before_another(self) -> None:
        table = mapped("Summary,Title,Project", "x,y,z")
        assert fields(table) == {"title": "title", "project": "project"}
        assert list(table) == [["y", "z"]]
        assert said(table) == ["The column “Summary” is not imported: “Title” is read instead."]

    def test_a_likelier_name_comes_before_another(self) -> None:
        assert fields(mapped("Name,Summary,Project", "x,y,z"))["summary"] == "title"

    def test_what_is_read_under_another_name_is_said(self) -> None:
        assert said(mapped("Summary,Project", "x,y")) == [
            "Columns are read under other names: Summary → title."
        ]

    def test_what_is_missing_is_said_with_the_names_of_the_file(self) -> None:
        importing = TaskResource()
        table = mapped("Summary,Colour", "x,y")
        with pytest.raises(FileError, match=r"“reference” is missing.*: Summary, Colour"):
            importing.import_data(table, dry_run=True)


class TestColumnsOfOneName:
    def test_the_first_with_something_in_it_is_read_and_that_is_said(self) -> None:
        table = mapped("Titel,Projekt,Deadline,Deadline", "a,WEB,,2026-11-22")
        assert list(table.column("due_on")) == ["2026-11-22"]
        assert (
            "There is more than one column “Deadline”: of each row, the first one with something "
            "in it is read."
        ) in said(table)

    def test_what_is_left_out_is_counted(self) -> None:
        rows = ("a,WEB,2026-11-22,2026-11-23", "b,WEB,2026-11-22,2026-11-22", "c,WEB,,")
        table = mapped("title,project,due_on,Due on", *rows)
        assert list(table.column("due_on")) == ["2026-11-22", "2026-11-22", ""]
        assert said(table)[0].endswith(
            "In 1 row, another one has something else, which is left out."
        )

    @pytest.mark.parametrize("heading", ["Sprint", "Labels", "Tags"])
    def test_nothing_is_said_of_labels_and_of_what_is_not_read(self, heading: str) -> None:
        table = mapped(f"title,project,{heading},{heading}", "a,WEB,x,y")
        assert not [sentence for sentence in said(table) if "more than one" in sentence]


class TestContents:
    def test_addresses_are_the_people_of_the_one_field_for_people(self) -> None:
        table = mapped("title,project,Wer", "a,WEB,ada@x.example", "b,WEB,", "c,WEB,bo@x.example")
        assert fields(table)["wer"] == "assignee"
        assert "“Wer” is read as “assignee”" in said(table)[0]

    def test_dates_are_when_it_is_due(self) -> None:
        assert fields(mapped("title,project,Wann", "a,WEB,22/11/2026"))["wann"] == "due_on"

    def test_choices_are_the_field_that_has_all_of_them(self) -> None:
        table = mapped("title,project,Wie", "a,WEB,offen", "b,WEB,Done")
        assert fields(table)["wie"] == "status"

    @pytest.mark.parametrize("heading", ["No.", "Story points", "Votes"])
    def test_small_numbers_are_no_priorities(self, heading: str) -> None:
        table = mapped(f"title,project,{heading}", "a,WEB,1", "b,WEB,3", "c,WEB,-2")
        assert table.headers == ["title", "project"]

    @pytest.mark.parametrize(
        ("header", "row"),
        [
            ("title,project,Wann,Bis", "a,WEB,2026-11-22,2026-11-23"),
            ("title,project,due_on,Wann", "a,WEB,2026-11-22,2026-11-23"),
            ("title,project,Created", "a,WEB,2026-11-22"),
            ("title,project,Start of work", "a,WEB,2026-11-22"),
            ("title,project,Reporter e-mail", "a,WEB,ada@x.example"),
            ("title,project,Wie", "a,WEB,Done"),
            ("title,project,Wer", "a,WEB,"),
            ("title,project,Wer", "a,WEB,ada@x.example or Bo"),
        ],
        ids=["two columns", "a field that is taken", "another date", "a start", "another person",
             "one word alone", "nothing in it", "not all of them"],
    )  # fmt: skip
    def test_nothing_is_guessed_where_it_could_be_otherwise(self, header: str, row: str) -> None:
        table = mapped(header, row)
        assert set(fields(table).values()) <= {"title", "project", "due_on"}
        assert any("not known here" in sentence for sentence in said(table))

    def test_two_fields_for_people_are_one_too_many(self) -> None:
        table = mapped("key,name,Wer", "WEB,Web,ada@x.example", resource=ProjectResource)
        assert "wer" not in fields(table)

    def test_samples_are_the_first_values(self) -> None:
        table = mapped("title,project", "a,WEB", "b,WEB", "b,WEB", f"{'c' * 99},OPS", "d,OPS")
        assert [c.samples for c in table.columns_of_file] == [
            ("a", "b", f"{'c' * 59}…"),
            ("WEB", "OPS"),
        ]


class TestChoosing:
    FILE = ("Summary,Project,Extra,Name", "a,WEB,x,y")

    def test_columns_are_what_somebody_says(self) -> None:
        chosen = Mapping({"name": "title", "project": "project", "extra": "description"})
        table = mapped(*self.FILE, mapping=chosen)
        assert table.headers == ["project", "description", "title"]
        assert list(table) == [["WEB", "x", "y"]]
        assert list(table.column("title")) == ["y"]
        assert said(table) == [
            "Columns are read under other names: Extra → description, Name → title.",
            "The column “Summary” is not imported, as chosen.",
        ]

    def test_what_was_suggested_is_the_same_when_it_is_chosen(self) -> None:
        first = mapped(*self.FILE)
        again = mapped(*self.FILE, mapping=first.mapping)
        assert (again.mapping, again.columns_of_file) == (first.mapping, first.columns_of_file)

    def test_a_field_has_one_column_and_there_are_no_others(self) -> None:
        chosen = Mapping({"summary": "title", "name": "title", "extra": "password"})
        assert fields(mapped(*self.FILE, mapping=chosen)) == {"summary": "title"}

    def test_what_a_resource_cannot_do_is_not_done(self) -> None:
        unknown = {"status": "create", "labels": "create", "assignee": "burn", "x": "skip"}
        kept = Mapping({"a": "title"}, {"x": {"a": "b"}}, unknown, "nobody's").within(
            TaskResource()
        )
        assert kept == Mapping({"a": "title"}, {}, {"labels": "create"}, "")

    def test_nobody_leaves_out_whose_file_it_is(self) -> None:
        chosen = {"title": "exported_from", "exported_from": "", "name": "title"}
        kept = Mapping(chosen).within(TaskResource())
        assert kept.columns == {"title": "", "exported_from": "exported_from", "name": "title"}

    def test_comes_back_from_json(self) -> None:
        mapping = mapped(*self.FILE).mapping
        assert Mapping.from_json(json.loads(json.dumps(mapping.as_json()))) == mapping

    @pytest.mark.parametrize(
        "said",
        [None, [], "x", {"columns": []}, {"columns": {"a": 1}}, {"values": {"a": "b"}},
         {"unknown": {"a": ["skip"]}}, {"columns": {"a" * 2000: "title"}},
         {"columns": {str(n): "" for n in range(600)}}],
        ids=str,
    )  # fmt: skip
    def test_anything_else_is_nothing_chosen(self, said: Any) -> None:
        assert Mapping.from_json(said) == SUGGEST

    def test_what_is_chosen_of_a_heading_without_an_end_counts(self) -> None:
        lines = (f"Summary,Project,{'why ' * 500}", "a,WEB,x")
        first = mapped(*lines)
        chosen = {name: field or "description" for name, field in first.mapping.columns.items()}
        kept = Mapping.from_json(json.loads(json.dumps(Mapping(chosen).as_json())))
        assert mapped(*lines, mapping=kept).headers == ["title", "project", "description"]

    def test_rows_that_are_left_out_stay_out(self) -> None:
        table = mapped("Summary,Project", "a,WEB", "b,WEB", "c,OPS")
        assert [list(row) for row in table.without([2])] == [["a", "WEB"], ["c", "OPS"]]


class TestPrograms:
    @pytest.mark.parametrize(
        ("content", "name"),
        [
            (program_files.JIRA, "jira"),
            (program_files.JIRA_OLD, "jira"),
            (program_files.ASANA, "asana"),
            (program_files.TRELLO, "trello"),
            (b"title,project\na,WEB\n", ""),
            (b"Summary,Project\na,WEB\n", ""),
        ],
    )
    def test_are_recognised_by_their_headings(self, content: bytes, name: str) -> None:
        importing = TaskResource()
        table = read_table(content, wanted=importing.wanted())
        first = list(table)[:100]
        assert suggest(table.headers, first, importing)[0].preset == name

    @pytest.mark.parametrize("preset", TaskResource.presets, ids=lambda p: p.name)
    def test_know_only_fields_that_there_are(self, preset: Any) -> None:
        names = {column.column_name for column in TaskResource().columns}
        assert set(preset.columns.values()) | preset.unknown.keys() <= names
        headings = {*preset.columns, *preset.signature, *preset.helpers}
        assert {heading(name) for name in headings} == headings


def test_files_of_the_same_columns_have_the_same_digest() -> None:
    assert digest_of_headings(["a", "b"]) == digest_of_headings(["b", "a"])
    assert digest_of_headings(["a", "b"]) != digest_of_headings(["a", "c"])
