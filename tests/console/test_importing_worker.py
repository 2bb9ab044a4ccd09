"""Imports by a real worker: cancelled in the middle, killed in the middle, and two at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import override_settings
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing import keeping
from console.importing.exceptions import ConfirmError
from console.importing.models import Import, ImportState
from console.importing.queue import enqueue_import
from console.importing.working import admin_of
from tests.conftest import HASHERS
from tests.database import make_client
from tests.processes import database, until
from tests.tenants.workers import Workers, workers

pytestmark = pytest.mark.processes

SCHEMA = "imports"
#: So many that there is time to do something meanwhile.
ROWS = 30_000
LARGE = "\n".join(["reference,title", *(f"WEB-{n},Task {n}" for n in range(1, ROWS + 1))]).encode()
SMALL = b"reference,title\nOPS-1,First\n"


@pytest.fixture(scope="module")
def them(django_db_blocker: Any) -> Iterator[Workers]:
    with django_db_blocker.unblock(), workers() as them, them.inside():
        make_client(SCHEMA)
        them.start()
        yield them


@pytest.fixture(autouse=True)
def _there(them: Workers, settings: Any) -> Iterator[None]:
    """Files of this process are where the worker looks for them."""
    folder = them.data_dir / "imports"
    entry = {**settings.STORAGES["imports"], "OPTIONS": {"location": folder}}
    storages = {**settings.STORAGES, "imports": entry}
    with override_settings(STORAGES=storages, PASSWORD_HASHERS=HASHERS):
        yield


def brought(content: bytes) -> Import:
    """A file of the owner's, in the hands of the worker or checked."""
    with schema_context(SCHEMA):
        return keeping.receive(
            ContentFile(content),
            model="tenant_data.task",
            name="tasks.csv",
            make=admin_of("tenant_data.task").make_resource,
            user=User.objects.get(),
        )


def confirm(import_: Import) -> None:
    with schema_context(SCHEMA):
        make = admin_of("tenant_data.task").make_resource
        keeping.confirm(import_, good_rows_only=False, make=make, user=User.objects.get())


def now(import_: Import) -> Import:
    with schema_context(SCHEMA):
        return Import.objects.get(pk=import_.pk)


def tasks(them: Workers, project: str = "WEB") -> int:
    with database(them) as connection:
        row = connection.execute(
            f"SELECT count(*) AS n FROM {SCHEMA}.tenant_data_task t "
            f"JOIN {SCHEMA}.tenant_data_project p ON p.id = t.project_id WHERE p.key = %s",
            [project],
        ).fetchone()
        assert row is not None
        return int(row["n"])


def files(them: Workers) -> list[Path]:
    return list((them.data_dir / "imports" / SCHEMA).iterdir())


def until_it_is(import_: Import, *states: ImportState) -> None:
    until(lambda: now(import_).state in states, what=f"it is {states}")


def in_the_middle() -> Import:
    """An import that the worker is in the middle of, as everybody can see."""
    import_ = brought(LARGE)
    until_it_is(import_, ImportState.READY)
    confirm(now(import_))
    until(lambda: now(import_).state == "running" and now(import_).done > 0, what="it goes on")
    return now(import_)


def test_one_that_is_cancelled_in_the_middle_leaves_nothing(them: Workers) -> None:
    import_ = in_the_middle()
    assert 0 < import_.done < ROWS
    with schema_context(SCHEMA):
        keeping.cancel(import_, user=User.objects.get())
    until(lambda: now(import_).state == "cancelled", seconds=10, what="it stops")
    assert tasks(them) == 0
    assert files(them) == []


def test_one_whose_worker_is_killed_leaves_nothing_and_is_done_by_the_next(
    them: Workers,
) -> None:
    import_ = in_the_middle()
    them.kill()
    assert tasks(them) == 0
    them.start()
    with schema_context(SCHEMA):
        # The upkeep would run the job again half a minute later. Two jobs do it once.
        enqueue_import(SCHEMA, import_.pk)
        enqueue_import(SCHEMA, import_.pk)
    until_it_is(import_, ImportState.DONE)
    done = now(import_)
    assert (done.attempts, done.new, tasks(them)) == (2, ROWS, ROWS)
    assert files(them) == []
    with database(them) as connection:
        row = connection.execute(
            f"SELECT count(*) AS n FROM {SCHEMA}.history_logentry WHERE cid = %s", [done.cid]
        ).fetchone()
    assert row is not None
    assert row["n"] == ROWS + 1


def test_of_two_who_confirm_at_once_one_does(them: Workers) -> None:
    import_ = brought(SMALL)
    assert import_.state == "ready"
    with database(them) as connection, connection.transaction():
        connection.execute(
            f"SELECT * FROM {SCHEMA}.importing_import WHERE id = %s FOR UPDATE", [import_.pk]
        )
        with pytest.raises(ConfirmError):
            confirm(import_)
    assert now(import_).state == "ready"
    confirm(import_)
    with pytest.raises(ConfirmError):
        confirm(import_)
    assert tasks(them, "OPS") == 1
