"""Commands inside a tenant: those that make sense there run, the others are refused in words."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from console.accounts.models import User
from tenants.management.commands import all_tenants_command, tenant_command
from tests.database import make_client

pytestmark = pytest.mark.usefixtures("db")


def type_in(command: type[BaseCommand], *words: str) -> tuple[str, str, int]:
    """What is printed, what is said as an error, and the exit status of a line in a terminal."""
    out, err = StringIO(), StringIO()
    status = 0
    name = command.__module__.rpartition(".")[2]
    try:
        command(stdout=out, stderr=err).run_from_argv(["manage.py", name, *words])
    except SystemExit as exc:
        status = int(exc.code or 0)
    return out.getvalue(), err.getvalue(), status


TENANT, ALL = tenant_command.Command, all_tenants_command.Command


@pytest.fixture(autouse=True)
def _keep_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands close all connections at their end; the test goes on with its own."""
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)


@pytest.mark.parametrize(
    "words",
    [
        ("-s", "beta", "dumpdata", "accounts.user"),
        ("dumpdata", "-s", "beta", "accounts.user"),
        ("dumpdata", "accounts.user", "--schema=beta"),
        ("--schema_name", "beta", "dumpdata", "accounts.user"),
    ],
)
def test_the_schema_is_named_before_or_after_the_command(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    _out, err, status = type_in(TENANT, *words)
    assert (err, status) == ("", 0)
    shown = capsys.readouterr().out
    assert "ada@beta.example" in shown
    assert "ada@alpha.example" not in shown


REFUSED = [
    ("migrate", "Use “manage.py migrate_schemas --schema NAME”."),
    ("migrate_schemas", "Use “manage.py migrate_schemas --schema NAME”."),
    ("createsuperuser", "Use “manage.py create_tenant_superuser --schema NAME”."),
    ("create_tenant_superuser", "Use “manage.py create_tenant_superuser --schema NAME”."),
    ("flush", "A tenant's role may not empty tables."),
    ("prepare", "is about the whole console"),
    ("worker", "is about the whole console"),
    ("procrastinate", "is about the whole console"),
    ("create_tenant", "is about the whole console"),
    ("load_demo", "is about the whole console"),
    ("tenant_command", "is about the whole console"),
    ("all_tenants_command", "is about the whole console"),
    ("makemigrations", "is about the whole console"),
    ("runserver", "is about the whole console"),
    ("nonsense", "There is no command “nonsense”."),
]


@pytest.mark.parametrize(("name", "said"), REFUSED)
def test_what_makes_no_sense_in_a_tenant_is_refused_in_words(name: str, said: str) -> None:
    for words in (["-s", "alpha", name], [name, "-s", "alpha"]):
        out, err, status = type_in(TENANT, *words)
        assert said in err
        assert (out, status) == ("", 1)
    out, err, status = type_in(ALL, name)
    assert said in err
    assert (out, status) == ("", 1)
    with pytest.raises(CommandError, match=said.partition("“")[0] or said):
        call_command("tenant_command", name, schema_name="alpha")
    with pytest.raises(CommandError, match=said.partition("“")[0] or said):
        call_command("all_tenants_command", name)
    assert connection.schema_name == "public"


@pytest.mark.parametrize("schema", ["nobody", "Alpha", "alpha;", ""])
def test_a_schema_that_nobody_has(schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: schema)
    out, err, status = type_in(TENANT, "-s", schema, "shell")
    assert "Invalid tenant schema" in err
    assert (out, status) == ("", 1)


def test_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert type_in(TENANT)[2] == 2
    assert "command_name" in capsys.readouterr().err


@pytest.mark.parametrize("command", [TENANT, ALL])
def test_helps_without_looking_into_the_database(
    command: type[BaseCommand],
    capsys: pytest.CaptureFixture[str],
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(0):
        assert type_in(command, "--help")[2] == 0
        assert type_in(command, "dumpdata", "--help")[2] == 0
    assert "usage: manage.py dumpdata" in capsys.readouterr().out


class TestInAllTenants:
    def test_leaves_out_those_without_a_schema(self) -> None:
        make_client("gamma", ready=False)
        out = StringIO()
        call_command("all_tenants_command", "showmigrations", "tenant_data", stdout=out)
        lines = [line for line in out.getvalue().splitlines() if "showmigrations" not in line]
        assert lines[0] == "Left out, for they have no schema: gamma."
        applied = [line.rpartition(" ")[2] for line in lines if line.startswith("Applying")]
        assert applied == ["public", "alpha", "beta"]

    def test_public_can_be_left_out(self) -> None:
        out = StringIO()
        call_command("all_tenants_command", "showmigrations", no_public=True, stdout=out)
        assert "public" not in out.getvalue()

    def test_from_a_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        words = ("--no-public", "dumpdata", "accounts.user")
        out, err, status = type_in(ALL, *words)
        assert (err, status) == ("", 0)
        assert out == "Applying command to: alpha\nApplying command to: beta\n"
        shown = capsys.readouterr().out
        assert "ada@alpha.example" in shown
        assert "ada@beta.example" in shown


class TestCreateSuperuser:
    def test_does_not_warn_of_the_tenants_migrations(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-good-long-passphrase")
        out = StringIO()
        call_command(
            "createsuperuser",
            interactive=False,
            email="Root@Console.example",
            skip_checks=False,
            stdout=out,
            stderr=out,
        )
        assert out.getvalue() == "Superuser created successfully.\n"
        assert User.objects.get(email="root@console.example").is_superuser

    def test_needs_the_tables(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection.introspection, "table_names", list)
        with pytest.raises(CommandError, match="migrate_schemas --shared"):
            call_command("createsuperuser", interactive=False, email="r@console.example")


def test_every_command_of_ours_is_refused_inside_a_tenant() -> None:
    """They are about clients, schemas and the queue, which a tenant's role cannot reach."""
    folder = Path(tenant_command.__file__).parent
    names = [path.stem for path in folder.glob("[a-z]*.py")]
    assert len(names) > 10
    for name in names:
        with pytest.raises(CommandError):
            call_command("tenant_command", name, schema_name="alpha")
