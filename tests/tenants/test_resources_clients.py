"""Clients from files: who is found, what is made, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.accounts.models import User
from console.importing.files import import_file
from tenants.models import Client, Domain, Operation, OperationKind, Plan
from tenants.operations import locking
from tenants.operations.domains import Hosts, arrange_domains
from tenants.resources import ClientResource
from tenants.schemas.inspect import schema_exists
from tenants.schemas.locks import lock_timeout
from tests.tenants.files import NEW, clients, errors, exported, row_of

pytestmark = pytest.mark.usefixtures("alpha")


class TestClient:
    def test_comes_with_its_domain_and_plan_and_without_a_schema(self) -> None:
        assert clients(NEW).new == 1
        client = Client.objects.get(schema_name="gamma")
        assert (client.plan.code, client.admin_email) == ("team", "gus@gamma.example")
        assert client.get_primary_domain().domain == "gamma.localhost"
        assert client.colour == Client._meta.get_field("colour").default
        assert not client.is_provisioned
        assert not schema_exists("gamma")
        assert not Operation.objects.filter(client=client).exists()

    def test_a_preview_makes_nothing(self) -> None:
        assert clients(NEW, dry_run=True).new == 1
        assert not Client.objects.filter(schema_name="gamma").exists()
        assert not Domain.objects.filter(domain="gamma.localhost").exists()
        assert not schema_exists("gamma")

    def test_gets_a_schema_name_from_its_name(self) -> None:
        result = clients(NEW.replace("Gamma,gamma,", "Gamma & Söhne,,"), dry_run=True)
        cells = {name: text for name, _old, text in result.samples["new"][0].cells}
        assert cells["schema_name"] == "gamma_sohne"

    def test_whose_suggested_name_is_another_clients_is_refused(self, alpha: Client) -> None:
        row = "ALPHA!,,new.localhost,team,Al,al@alpha.example"
        found = errors(clients(row))
        assert "belongs to" in next(text for column, _l, text in found if column == "schema_name")
        assert clients(row_of(alpha, schema_name="")).unchanged == 1

    @pytest.mark.parametrize(
        ("row", "column", "said"),
        [
            (NEW.replace(",gamma,", ",Gamma,"), "schema_name", "Use a letter"),
            (NEW.replace(",gamma,", ",pg_gamma,"), "schema_name", "reserved"),
            (NEW.replace(",gamma,", ",public,"), "schema_name", "the console itself"),
            (NEW.replace("Gamma,gamma,", "12,,"), "schema_name", "No schema name can be made"),
            (NEW.replace("gamma.localhost", "https://x.example/"), "domain", "host name alone"),
            (NEW.replace("gamma.localhost", "alpha.localhost"), "domain", "Another client has"),
            (NEW.replace("gamma.localhost", "localhost"), "domain", "belongs to the console"),
            (NEW.replace("gamma.localhost", ""), "domain", "must not be empty"),
            (NEW.replace("team", "gold"), "plan", "There is no plan with the code “gold”"),
            (NEW.replace("Gus@Gamma.example", "gus"), "admin_email", "valid email"),
            (NEW.replace(",Gus,", ",,"), "admin_name", "must not be empty"),
            (NEW.replace("Gamma,", "x" * 121 + ","), "name", "at most 120 characters"),
        ],
    )
    def test_errors_name_the_column(self, row: str, column: str, said: str) -> None:
        (error,) = errors(clients(row))
        assert error[:2] == (column, 2)
        assert said in error[2]

    def test_the_row_of_the_console_itself_cannot_be_touched(self) -> None:
        before = Client.objects.filter(schema_name="public").values().get()
        assert errors(clients("Mine,public,mine.localhost,team,Me,me@x.example"))
        assert Client.objects.filter(schema_name="public").values().get() == before
        assert "public" not in ClientResource().export()["schema_name"]

    def test_two_rows_cannot_ask_for_one_domain(self) -> None:
        (error,) = errors(clients(NEW, NEW.replace(",gamma,", ",delta,")))
        assert error == ("domain", 3, "Line 2 asks for the domain “gamma.localhost” too.")

    def test_who_may_not_add_domains_cannot_import_them(self, outsider: User) -> None:
        (error,) = errors(clients(NEW, user=outsider))
        assert error[0] == "domain"
        outsider.user_permissions.add(Permission.objects.get(codename="add_domain"))
        assert not errors(clients(NEW, user=User.objects.get(pk=outsider.pk)))


class TestExisting:
    def test_an_export_changes_nothing(self, alpha: Client) -> None:
        Client.objects.create(
            schema_name="bare", name="Bare", admin_name="B", admin_email="b@x.example"
        )
        content = exported(ClientResource)
        result = import_file(ClientResource, content)
        assert (errors(result), result.new, result.changed) == ([], 0, 0)
        assert result.unchanged == Client.objects.companies().count()

    def test_name_plan_and_domain_can_be_changed(self, alpha: Client) -> None:
        Plan.objects.create(code="gold", name="Gold")
        row = row_of(alpha, name="Alpha Two", plan="gold", domain="two.localhost")
        assert clients(row).changed == 1
        alpha.refresh_from_db()
        assert (alpha.name, alpha.plan.code) == ("Alpha Two", "gold")
        assert [d.domain for d in alpha.domains.all()] == ["two.localhost"]
        assert alpha.is_provisioned

    @pytest.mark.parametrize(
        ("column", "value"), [("admin_email", "new@x.example"), ("admin_name", "New")]
    )
    def test_the_first_admin_is_fixed_once_the_schema_is_made(
        self, alpha: Client, column: str, value: str
    ) -> None:
        (error,) = errors(clients(row_of(alpha, **{column: value})))
        assert error[0] == column
        assert "has its schema" in error[2]
        clients(NEW)
        assert clients(NEW.replace("Gus@Gamma.example", "new@x.example")).changed == 1

    def test_the_first_admin_is_fixed_while_an_operation_is_open(self) -> None:
        clients(NEW)
        client = Client.objects.get(schema_name="gamma")
        Operation.objects.create(kind=OperationKind.CREATE_SCHEMA, client=client)
        (error,) = errors(clients(NEW.replace("Gus@Gamma.example", "new@x.example")))
        assert "not over" in error[2]

    def test_a_domain_that_it_has_becomes_primary_beside_the_old_one(self, alpha: Client) -> None:
        Domain.objects.bulk_create([Domain(tenant=alpha, domain="b.localhost", is_primary=False)])
        assert clients(row_of(alpha, domain="b.localhost")).changed == 1
        has = dict(alpha.domains.values_list("domain", "is_primary"))
        assert has == {"alpha.localhost": False, "b.localhost": True}

    def test_one_without_a_domain_gets_its_first(self) -> None:
        bare = Client.objects.create(
            schema_name="bare", name="Bare", admin_name="B", admin_email="b@x.example"
        )
        arrange_domains({bare: Hosts("bare.localhost")})
        assert bare.get_primary_domain().domain == "bare.localhost"

    def test_that_somebody_else_holds_is_not_waited_for(
        self, alpha: Client, beta: Client, second: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its row says so, and nothing of the file is written; a row that changes nothing is
        in nobody's way."""
        monkeypatch.setattr(locking, "PATIENCE", "50ms")
        hold = "SELECT 1 FROM tenants_client WHERE schema_name = 'beta' FOR NO KEY UPDATE"
        second.execute(hold)
        rows = (row_of(alpha, name="New"), row_of(beta, name="Late"))
        with lock_timeout("5s"):
            (error,) = errors(clients(*rows))
            assert clients(row_of(beta)).unchanged == 1
        assert error[:2] == ("schema_name", 3)
        assert error[2].startswith("Beta is being worked on, or changed by somebody else")
        alpha.refresh_from_db()
        assert alpha.name == "Alpha"

    def test_takes_the_same_number_of_queries_for_20_clients_and_200(self) -> None:
        def queries(count: int, letter: str) -> int:
            rows = [
                f"C{n},{letter}{n},{letter}{n}.localhost,team,A,a@x.example" for n in range(count)
            ]
            with CaptureQueriesContext(connection) as made:
                assert clients(*rows).new == count
            with CaptureQueriesContext(connection) as changed:
                rows = [row.replace(".localhost", "-2.localhost") for row in rows]
                assert clients(*rows).changed == count
            return len(made) + len(changed)

        queries(1, "one")  # Types of content are looked up once in a process.
        assert queries(20, "few") == queries(200, "many")
