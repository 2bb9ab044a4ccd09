"""The template is made once for the code's migrations, whoever else makes it and whoever died."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from console.data_folder import CHECKOUT
from console.postgres.contexts import owner_rights
from tenants.models import SchemaTemplate
from tenants.models.schema_version import fingerprint_of
from tenants.operations.create_schema import create_schema
from tenants.schemas.hidden import TEMPLATE, hidden_schemas, new_name
from tenants.schemas.inspect import are_alike, definitions_of
from tenants.schemas.migrate import known_migrations, missing_migrations
from tenants.schemas.template import KEPT, ensure_template, objects_of_template
from tests.database import make_client
from tests.processes import database
from tests.tenants.more_migrations import more_migrations
from tests.tenants.parts import THREE
from tests.tenants.workers import Workers, workers

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def server(django_db_blocker: Any) -> Iterator[Workers]:
    with django_db_blocker.unblock(), workers() as them, them.inside():
        yield them


@pytest.fixture
def them(server: Workers) -> Iterator[Workers]:
    """A database without a template."""
    with owner_rights("public"):
        SchemaTemplate.objects.all().delete()
    yield server
    assert hidden_schemas() == []


def quiet(*args: Any, **kwargs: Any) -> None:
    """Reports to nobody."""


def now() -> str:
    return fingerprint_of(known_migrations())


def keep(fingerprint: str, *, sql: str = "") -> None:
    """A template of other code."""
    with owner_rights("public"):
        SchemaTemplate.objects.create(fingerprint=fingerprint, placeholder="x", sql=sql)


def start(them: Workers, *program: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *(program or ["manage.py"]), "migrate_schemas", "--shared"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "CONSOLE_DATA_DIR": str(them.data_dir),
            "CONSOLE_LOGIN": "owner",
            "DATABASE_URL": them.owner_url,
            "WEB_DATABASE_URL": them.web_url,
        },
        stdout=subprocess.DEVNULL,
    )


def test_two_at_once_make_one(them: Workers) -> None:
    processes = [start(them), start(them)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    assert SchemaTemplate.objects.get().fingerprint == now()


def test_what_was_left_half_built_is_removed_and_made_anew(them: Workers) -> None:
    """A process was killed between the schema's commit and the row's."""
    left = new_name(TEMPLATE)
    with database(them) as connection:
        connection.execute(f"CREATE SCHEMA {left}")
        connection.execute(f"CREATE TABLE {left}.half (id integer)")
    assert start(them).wait(timeout=120) == 0
    assert SchemaTemplate.objects.get().fingerprint == now()


def test_one_of_older_code_is_not_used_and_stays_for_those_who_have_it(them: Workers) -> None:
    keep("older", sql="SELECT 1/0")
    client = make_client("before", ready=False)
    with transaction.atomic():
        create_schema(client, quiet)
    assert missing_migrations(["before"]) == {}
    assert start(them).wait(timeout=120) == 0
    assert set(SchemaTemplate.objects.values_list("fingerprint", flat=True)) == {"older", now()}


def test_only_the_newest_are_kept(them: Workers) -> None:
    for number in range(KEPT + 2):
        keep(str(number))
    assert start(them).wait(timeout=120) == 0
    kept = SchemaTemplate.objects.values_list("fingerprint", flat=True)
    assert (len(kept), kept[0]) == (KEPT, now())


def test_where_it_cannot_be_made_schemas_are_made_by_migrations(
    them: Workers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tenants.schemas.dump._OPTIONS", ("--no-such-option",))
    assert not ensure_template(report=quiet)
    assert "There is no template" in caplog.text
    client = make_client("without", ready=False)
    with transaction.atomic():
        create_schema(client, quiet)
    assert missing_migrations(["without"]) == {}


def test_inside_a_transaction_it_is_left_for_later(them: Workers) -> None:
    with transaction.atomic():
        assert not ensure_template(report=quiet)
    assert not SchemaTemplate.objects.exists()


def test_what_is_built_concurrently_is_in_it(them: Workers) -> None:
    process = start(them, "-m", "tests.tenants.parts_manage")
    assert process.wait(timeout=120) == 0
    with more_migrations(*THREE, each=True, alone=[1]):
        objects = objects_of_template()
        assert objects is not None
        client = make_client("indexed", ready=False)
        with transaction.atomic():
            create_schema(client, quiet)
        assert missing_migrations(["indexed"]) == {}
    assert are_alike(definitions_of("indexed")["index label_code"], objects["index label_code"])
