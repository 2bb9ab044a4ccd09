"""Files that no row names are deleted after a day, and no others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django_tenants.utils import schema_context

from console.company import sweeping
from console.company.models import DataExport
from console.company.tasks import sweep_files
from tenant_data.models import Attachment, Project, Task
from tenants.models import Client
from tenants.operations import lifecycle

OLD = timedelta(days=1, minutes=1)
_ROWS = """
    WITH project AS (
        INSERT INTO alpha.tenant_data_project (key, name, description, status, colour, created_at,
            last_number) VALUES ('WEB', 'Website', '', 'active', 'blue', now(), 1) RETURNING id),
    task AS (
        INSERT INTO alpha.tenant_data_task (project_id, number, title, description, status,
            priority, position, created_at, updated_at)
        SELECT id, 1, 'Draw it', '', 'open', 2, 0, now(), now() FROM project RETURNING id)
    INSERT INTO alpha.tenant_data_attachment (task_id, file, name, content_type, size, created_at)
    SELECT id, %s, 'a.txt', 'text/plain', 1, now() FROM task
"""


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


def store(name: str, *, age: timedelta = OLD, schema: str = "alpha") -> str:
    with schema_context(schema):
        default_storage.save(name, ContentFile(b"x"))
        then = time.time() - age.total_seconds()
        os.utime(default_storage.path(name), (then, then))
    return name


def left(schema: str = "alpha") -> set[str]:
    with schema_context(schema):
        return set(sweeping._files(""))


def attached(name: str) -> str:
    """The file has a row."""
    with schema_context("alpha"):
        project, _new = Project.objects.get_or_create(key="WEB")
        task = Task.objects.create(project=project, title="x")
        Attachment.objects.create(task=task, file=name, name="a.txt", size=1)
    return store(name)


def test_what_no_row_names_goes_after_a_day(alpha: Client, beta: Client) -> None:
    store("attachments/gone")
    store("exports/gone.zip")
    kept = {attached("attachments/kept"), store("attachments/new", age=timedelta(hours=23))}
    with schema_context("alpha"):
        DataExport.objects.create(requested_by_email="x", file="exports/kept.zip", state="done")
    kept.add(store("exports/kept.zip"))
    store("attachments/gone", schema="beta")
    store("attachments/kept", schema="beta")  # Named in alpha alone.
    assert sweeping.sweep("alpha") == 2
    assert left() == kept
    assert left("beta") == {"attachments/gone", "attachments/kept"}
    assert sweeping.sweep("alpha") == 0


def test_what_was_set_aside_is_left_to_whoever_did_it(alpha: Client, media: Path) -> None:
    store("attachments/gone")
    aside = media / "alpha" / ".dropped" / "x"
    aside.parent.mkdir()
    aside.write_bytes(b"x")
    os.utime(aside, (0, 0))
    sweeping.sweep("alpha")
    assert aside.exists()


def test_so_many_at_a_time(alpha: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    monkeypatch.setattr(sweeping, "AT_MOST", 4)
    kept = attached("attachments/kept")
    for number in range(7):
        store(f"attachments/{number}")
    assert sweeping.sweep("alpha") == 4
    assert sweeping.sweep("alpha") == 3
    assert left() == {kept}


class TestARowThatIsBeingCommitted:
    @pytest.fixture
    def writing(self, alpha: Client, second: Any) -> Iterator[str]:
        """Somebody has written the row of an old file and not committed it yet."""
        second.execute(_ROWS, ["attachments/late"])
        # What the test locks is given back before the rows are taken away again.
        with transaction.atomic():
            yield store("attachments/late")
            transaction.set_rollback(True)
        second.rollback()
        for table in ("attachment", "task", "project"):
            second.execute(f"DELETE FROM alpha.tenant_data_{table}")
        second.commit()

    def test_keeps_its_file(self, writing: str, meanwhile: Callable[..., Any]) -> None:
        store("attachments/gone")
        assert meanwhile(lambda: sweeping.sweep("alpha")) == 1
        assert left() == {writing}

    def test_keeps_all_files_where_it_takes_long(
        self, writing: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweeping, "PATIENCE", "10ms")
        store("attachments/gone")
        assert sweeping.sweep("alpha") == 0
        assert left() == {writing, "attachments/gone"}


def test_every_company_has_its_turn_but_those_that_are_closed(alpha: Client, beta: Client) -> None:
    for schema in ("alpha", "beta"):
        store("attachments/gone", schema=schema)
    lifecycle.suspend(beta, acting_user=None)
    sweep_files(timestamp=0)
    assert left() == set()
    assert left("beta") == {"attachments/gone"}


def test_one_that_fails_does_not_keep_the_others_waiting(
    alpha: Client, beta: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sweeping.sweep

    def fail_for_alpha(schema: str) -> int:
        if schema == "alpha":
            raise PermissionError("no")
        return real(schema)

    store("attachments/gone", schema="beta")
    monkeypatch.setattr(sweeping, "sweep", fail_for_alpha)
    assert sweeping.sweep_all() == 1


def test_works_as_the_role_of_the_company(alpha: Client, web_login: Any) -> None:
    store("attachments/gone")
    with schema_context("alpha"):
        assert sweeping._delete({"attachments/gone"}) == 1
