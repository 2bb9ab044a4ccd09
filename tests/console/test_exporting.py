"""Exports: they say whose they are, come from one moment, and are never in memory as a whole."""

from __future__ import annotations

import io
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing import writers
from console.importing.exceptions import SheetError
from console.importing.exported import BATCH
from console.importing.files import import_file
from console.importing.formats import FORMATS
from console.importing.writers import CELL_CHARACTERS, write_csv, write_xlsx
from tenant_data.models import Label, Project, Task
from tenant_data.resources import LabelResource, ProjectResource, TaskResource
from tenants.models import Client
from tenants.resources import ClientResource, DomainResource, PlanResource
from tests.exporting import column, exported

LIST = "/tenant_data/label/"


@pytest.fixture
def labels(alpha: Client) -> None:
    with schema_context("alpha"):
        Label.objects.create(name="Idea")
        Label.objects.create(name="Later")


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    return tenant_browser(alpha, owner)


class TestWhose:
    @pytest.mark.parametrize("kind", FORMATS)
    def test_a_companys_rows_say_its_part_of_the_address(self, labels: None, kind: Any) -> None:
        with schema_context("alpha"):
            assert column(exported(LabelResource, kind), "exported_from") == ["alpha", "alpha"]

    @pytest.mark.parametrize("resource", [ClientResource, DomainResource, PlanResource])
    def test_the_staffs_rows_say_the_consoles_address(
        self, alpha: Client, settings: Any, resource: Any
    ) -> None:
        settings.CONSOLE_DOMAIN = "console.example"
        assert set(column(exported(resource), "exported_from")) == {"console.example"}

    def test_it_is_the_last_column(self, labels: None) -> None:
        with schema_context("alpha"):
            header = next(LabelResource().rows())
        assert header == ["name", "colour", "exported_from"]

    def test_a_sample_does_not_have_it(self) -> None:
        assert "exported_from" not in LabelResource().sample()[0]


class TestDownload:
    @pytest.mark.parametrize(("number", "start"), [("0", b"\xef\xbb\xbfname,"), ("1", b"PK")])
    def test_is_a_file_of_its_kind(self, web: Any, labels: None, number: str, start: bytes) -> None:
        response = web.post(f"{LIST}export/", {"format": number, "resource": "0"})
        content = response.getvalue()
        assert content.startswith(start)
        assert int(response["Content-Length"]) == len(content)
        assert response["Content-Disposition"].startswith('attachment; filename="alpha-labels-')
        assert response["X-Content-Type-Options"] == "nosniff"
        assert column(content, "name") == ["Idea", "Later"]

    def test_is_no_file_for_who_may_not(self, tenant_browser: Any, alpha: Client) -> None:
        with schema_context("alpha"):
            user = User.objects.create_user("no@alpha.example", "pw", is_staff=True)
        response = tenant_browser(alpha, user).post(f"{LIST}export/", {"format": "0"})
        assert response.status_code == 403

    def test_says_on_the_page_what_excel_has_no_room_for(
        self, web: Any, labels: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writers, "SHEET_ROWS", 2)
        response = web.post(f"{LIST}export/", {"format": "1", "resource": "0"}, follow=True)
        assert "An Excel file has room for 2 rows." in response.content.decode()


class TestMemory:
    @pytest.fixture(autouse=True)
    def _many_tasks(self, alpha: Client) -> Iterator[None]:
        with schema_context("alpha"):
            web = Project.objects.create(key="WEB", name="Web shop")
            label = Label.objects.create(name="Idea")
            Task.objects.bulk_create(
                Task(project=web, number=number, title="One of many") for number in range(1, 3001)
            )
            links = Task.labels.through
            links.objects.bulk_create(
                links(task_id=pk, label=label) for pk in Task.objects.values_list("pk", flat=True)
            )
            yield

    def queries(self, number: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            exported(TaskResource, queryset=Task.objects.filter(number__lte=number))
        return len(queries)

    def test_rows_are_read_in_batches_with_what_they_name(self) -> None:
        """Each batch takes one query for its labels; the rows themselves come by one cursor."""
        per_batch = self.queries(2 * BATCH) - self.queries(BATCH)
        assert per_batch == self.queries(3 * BATCH) - self.queries(2 * BATCH) == 1

    def test_what_is_read_does_not_stay(self) -> None:
        exported(TaskResource, queryset=Task.objects.filter(number=1))  # What it keeps is kept.
        rows = TaskResource().rows()
        with tempfile.TemporaryFile() as file:
            tracemalloc.start()
            try:
                write_csv(file, rows)
                _now, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        assert peak < 12_000_000


class TestFiles:
    def test_a_file_stays_open_for_whoever_opened_it(self) -> None:
        file = io.BytesIO()
        assert write_csv(file, [["a"], ["b"]]) == 2
        assert file.getvalue() == b"\xef\xbb\xbfa\r\nb\r\n"

    @pytest.mark.parametrize("text", ["x" * (CELL_CHARACTERS + 1), "=" + "x" * CELL_CHARACTERS])
    def test_a_text_that_excel_would_cut_is_refused(self, text: str) -> None:
        with pytest.raises(SheetError, match="room for 32767 characters"):
            write_xlsx(io.BytesIO(), [["a"], [text]])
        assert write_csv(io.BytesIO(), [["a"], [text]]) == 2

    def test_more_rows_than_a_sheet_has_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(writers, "SHEET_ROWS", 3)
        assert write_xlsx(io.BytesIO(), repeat(["a"], 3)) == 3
        with pytest.raises(SheetError, match="room for 3 rows"):
            write_xlsx(io.BytesIO(), repeat(["a"], 4))

    @pytest.mark.parametrize("write", [write_csv, write_xlsx])
    def test_nothing_stays_of_one_that_fails(
        self, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

        def rows() -> Iterator[list[str]]:
            yield ["a"]
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            write(io.BytesIO(), rows())
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", FORMATS)
def test_days_before_excels_first_come_back(kind: Any, alpha: Client) -> None:
    with schema_context("alpha"):
        Project.objects.create(key="WEB", name="Web", starts_on=date(1066, 10, 14))
        assert import_file(ProjectResource, exported(ProjectResource, kind)).unchanged == 1
