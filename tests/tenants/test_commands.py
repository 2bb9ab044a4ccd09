"""The commands of an operator's terminal."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import procrastinate
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.postgres.contexts import owner_rights
from tenants.management import watching
from tenants.models import Client, Domain, Operation, OperationKind, OperationState
from tenants.operations.request import request_operation
from tenants.schemas.inspect import schema_exists
from tenants.schemas.migrate import missing_migrations
from tests.database import make_client
from tests.tenants.operating import make_behind

pytestmark = pytest.mark.usefixtures("db")

GAMMA = {
    "schema_name": "gamma",
    "name": "Gamma & Sons",
    "domain": "gamma.localhost",
    "plan": "team",
    "admin_name": "Gus Gamma",
    "admin_email": "Gus@Gamma.example",
}


def run(command: str, /, *args: str, **options: Any) -> str:
    """What the command prints, errors with it."""
    out = StringIO()
    call_command(command, *args, stdout=out, stderr=out, **options)
    return out.getvalue()


class TestCreateTenant:
    def test_adds_the_client_and_makes_the_schema(self) -> None:
        assert "is ready at gamma.localhost" in run("create_tenant", interactive=False, **GAMMA)
        client = Client.objects.get(schema_name="gamma")
        assert client.is_provisioned
        assert client.operations.get().state == OperationState.SUCCEEDED
        with schema_context("gamma"):
            assert User.objects.get().email == "gus@gamma.example"

    def test_asks_for_what_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = iter(["gus@gamma.example"])
        monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
        run("create_tenant", **{**GAMMA, "admin_email": ""})
        assert schema_exists("gamma")

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("schema_name", "Gamma", "schema_name: Use a letter"),
            ("schema_name", "pg_gamma", "reserved"),
            ("schema_name", "public", "reserved"),
            ("schema_name", "alpha", "schema_name: "),
            ("domain", "http://gamma.localhost", "without “https://”"),
            ("domain", "gamma.localhost:8000", "without a port"),
            ("domain", "alpha.localhost", "belongs to a client already"),
            ("admin_email", "gus", "valid email"),
            ("plan", "gold", "There is no plan “gold”. Known plans: team."),
            ("name", "", "name: "),
        ],
    )
    def test_refuses_bad_values_and_adds_nothing(self, field: str, value: str, said: str) -> None:
        before = Client.objects.count()
        with pytest.raises(CommandError, match=said):
            run("create_tenant", interactive=False, **{**GAMMA, field: value})
        assert Client.objects.count() == before
        assert Domain.objects.filter(domain__contains="gamma").count() == 0
        assert not schema_exists("gamma")


class TestMigrateSchemas:
    def test_says_that_all_is_up_to_date(self) -> None:
        out = run("migrate_schemas")
        assert "public: up to date" in out
        assert "2 schemas, 0 were behind, 0 failed." in out

    def test_shared_leaves_the_tenants_alone(self) -> None:
        make_behind("alpha")
        assert run("migrate_schemas", "--shared") == "public: up to date\n"
        assert missing_migrations(["alpha"])

    def test_tenant_brings_those_that_are_behind_up_to_date(self) -> None:
        make_behind("alpha")
        out = run("migrate_schemas", "--tenant")
        assert out == "alpha: Done\n2 schemas, 1 were behind, 0 failed.\n"
        assert not missing_migrations(["alpha", "beta"])
        assert Operation.objects.filter(kind=OperationKind.MIGRATE_SCHEMA).count() == 1

    def test_many_are_counted_and_not_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(watching, "NAMED", 1)
        monkeypatch.setattr(watching, "EVERY", 2)
        make_behind("alpha")
        make_behind("beta")
        out = run("migrate_schemas", "--tenant").splitlines()
        assert re.fullmatch(r"2 of 2, \d+ a second, 0 seconds left", out[-2])
        assert out[-1] == "2 schemas, 2 were behind, 0 failed."

    @pytest.mark.parametrize("name", ["standard", "multiprocessing"])
    def test_the_executors_of_django_tenants_are_this_one(self, name: str) -> None:
        make_behind("alpha")
        out = run("migrate_schemas", "--tenant", f"--executor={name}")
        assert "There is one executor here, “fleet”" in out
        assert "alpha: Done" in out

    def test_stops_after_so_many_failures(self, alpha: Client, beta: Client) -> None:
        make_behind("alpha")
        make_behind("beta")
        with owner_rights("alpha"), connection.cursor() as cursor:
            cursor.execute("CREATE TABLE tenant_data_label (id int)")
        with pytest.raises(CommandError, match="Stopped: 1 schemas were not begun"):
            run("migrate_schemas", "--tenant", "--abort-after=1")
        with pytest.raises(CommandError, match="above zero"):
            run("migrate_schemas", "--tenant", "--abort-after=0")

    def test_verify_reads_what_the_schemas_have(self) -> None:
        version = Client.objects.get(schema_name="alpha").schema_version
        make_behind("alpha")
        Client.objects.filter(schema_name="alpha").update(schema_version=version)
        assert "0 were behind" in run("migrate_schemas", "--tenant")
        assert "1 were behind" in run("migrate_schemas", "--tenant", "--verify")

    def test_one_schema_alone(self) -> None:
        make_behind("alpha")
        make_behind("beta")
        run("migrate_schemas", "--schema", "alpha")
        assert set(missing_migrations(["alpha", "beta"])) == {"beta"}

    def test_migrate_is_the_same(self) -> None:
        assert "2 schemas" in run("migrate")

    def test_the_console_does_not_take_a_clients_address(self, settings: Any) -> None:
        settings.CONSOLE_DOMAIN = "alpha.localhost"
        with pytest.raises(CommandError, match="is the address of Alpha"):
            run("migrate_schemas", "--shared")
        assert Domain.objects.get(domain="alpha.localhost").tenant.schema_name == "alpha"

    def test_one_that_fails_does_not_stop_the_others(self, operator: User) -> None:
        make_behind("alpha")
        make_behind("beta")
        alpha = Client.objects.get(schema_name="alpha")
        request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=operator)
        out = StringIO()
        with pytest.raises(CommandError, match="still behind"):
            call_command("migrate_schemas", "--tenant", stdout=out, stderr=out)
        assert "alpha: Alpha has an operation that is not over yet" in out.getvalue()
        assert "2 schemas, 2 were behind, 1 failed." in out.getvalue()
        assert set(missing_migrations(["alpha", "beta"])) == {"alpha"}

    def test_refuses_a_schema_that_no_client_has(self) -> None:
        with pytest.raises(CommandError, match="“nobody”"):
            run("migrate_schemas", "--schema", "nobody")
        with pytest.raises(CommandError, match="not both"):
            run("migrate_schemas", "--schema", "alpha", "--shared")


class TestInsideOneTenant:
    def test_create_tenant_superuser(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-good-long-passphrase")
        run(
            "create_tenant_superuser",
            schema_name="alpha",
            email="Second@Alpha.example",
            interactive=False,
        )
        with schema_context("alpha"):
            assert User.objects.get(email="second@alpha.example").is_superuser
        with schema_context("beta"):
            assert not User.objects.filter(email="second@alpha.example").exists()

    def test_tenant_command_runs_there(self) -> None:
        out = run("tenant_command", "dumpdata", "accounts.user", schema_name="beta")
        assert "ada@beta.example" in out
        assert "ada@alpha.example" not in out

    def test_tenant_command_changes_no_schema(self) -> None:
        with pytest.raises(CommandError, match="migrate_schemas --schema"):
            run("tenant_command", "migrate", schema_name="alpha")

    @pytest.mark.parametrize("name", ["create_tenant_superuser", "tenant_command"])
    def test_needs_a_schema_that_is_there(self, name: str) -> None:
        make_client("gamma", ready=False)
        args = ["shell"] if name == "tenant_command" else []
        with pytest.raises(CommandError, match="has no schema yet"):
            run(name, *args, schema_name="gamma")
        with pytest.raises(CommandError, match="Invalid tenant schema"):
            run(name, *args, schema_name="nobody")


@pytest.mark.parametrize(
    "name", ["clone_tenant", "create_missing_schemas", "delete_tenant", "rename_schema"]
)
def test_what_django_tenants_does_to_schemas_by_itself_is_refused(name: str) -> None:
    with pytest.raises(CommandError):
        run(name)


def test_worker_runs_one_job_at_a_time_and_no_more_than_web_may(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Its verbs take the owner's rights where they need them; the queue itself needs none."""
    started: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr(
        procrastinate.App,
        "run_worker",
        lambda app, **options: started.append((app.connector, options)),
    )
    assert "waits for operations" in run("worker")
    [(connector, options)] = started
    assert options["concurrency"] == 1
    assert connector._pool_args["kwargs"]["options"] == f"-c role={settings.WEB_ROLE}"
