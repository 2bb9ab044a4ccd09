"""Domains from files."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import User
from console.history.acting import acting_as
from console.history.models import LogEntry
from console.importing.files import import_file
from console.importing.results import ImportResult
from tenants.models import Client, Domain
from tenants.operations import lifecycle, locking
from tenants.resources import DomainResource
from tenants.schemas.locks import lock_timeout
from tests.tenants.files import errors, exported

HEADER = "domain,client,is_primary"


def domains(*rows: str, header: str = HEADER, **options: bool) -> ImportResult:
    return import_file(DomainResource, "\n".join([header, *rows]).encode(), **options)


def hosts(client: Client) -> dict[str, bool]:
    return dict(client.domains.values_list("domain", "is_primary"))


@pytest.fixture
def bare(alpha: Client) -> Client:
    return Client.objects.create(
        schema_name="bare", name="Bare", admin_name="B", admin_email="b@x.example"
    )


def test_a_client_that_somebody_else_holds_is_not_waited_for(
    alpha: Client, second: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for a domain that it has nor for a new one; nothing of the file is written."""
    monkeypatch.setattr(locking, "PATIENCE", "50ms")
    domains("b.example,alpha,no")
    second.execute("SELECT 1 FROM tenants_client WHERE schema_name = 'beta' FOR NO KEY UPDATE")
    with lock_timeout("5s"):
        result = domains("c.example,alpha,no", "d.example,beta,no", "b.example,alpha,yes")
    (error,) = errors(result)
    assert error[:2] == ("client", 3)
    assert error[2].startswith("Beta is being worked on, or changed by somebody else")
    assert hosts(alpha) == {"alpha.localhost": True, "b.example": False}


class TestAdding:
    def test_a_further_one_is_not_primary(self, alpha: Client) -> None:
        assert domains("B.example,alpha,", "Bücher.example,ALPHA,no").new == 2
        assert hosts(alpha) == {
            "alpha.localhost": True,
            "b.example": False,
            "xn--bcher-kva.example": False,
        }

    def test_the_first_one_of_a_client_is(self, bare: Client) -> None:
        assert domains("a.example,bare", "b.example,bare", header="domain,client").new == 2
        assert hosts(bare) == {"a.example": True, "b.example": False}

    def test_of_many_rows_the_preview_and_the_import_find_the_same(self, alpha: Client) -> None:
        """Whichever were written when a row is read: the last gives the mark up for the first."""
        others = [f"d{n}.example,alpha,no" for n in range(1100)]
        rows = ["first.example,alpha,yes", *others, "alpha.localhost,alpha,no"]
        foreseen = domains(*rows, dry_run=True)
        assert (foreseen.new, foreseen.changed) == (1101, 1)
        assert domains(*rows).digest == foreseen.digest
        assert [name for name, first in hosts(alpha).items() if first] == ["first.example"]

    def test_a_client_with_domains_has_one_primary(self, bare: Client) -> None:
        (error,) = errors(domains("a.example,bare,no"))
        assert (error[0], "no other primary domain" in error[2]) == ("is_primary", True)
        assert domains("a.example,bare,no", "b.example,bare,yes").new == 2
        assert hosts(bare) == {"a.example": False, "b.example": True}

    @pytest.mark.parametrize(
        ("row", "column", "said"),
        [
            ("bad_one.example,alpha,", "domain", "underscore"),
            ("https://x.example/,alpha,", "domain", "host name alone"),
            ("admin.localhost,alpha,", "domain", "kept for the console"),
            ("localhost,alpha,", "domain", "console's own"),
            ("x.example,public,", "client", "There is no client"),
            ("x.example,nobody,", "client", "There is no client"),
            ("x.example,,", "client", "must not be empty"),
            (",alpha,", "domain", "must not be empty"),
            ("x.example,alpha,perhaps", "is_primary", "neither yes nor no"),
            ("beta.localhost,alpha,", "client", "belongs to Beta (beta), and stays there"),
            ("alpha.localhost,alpha,no", "is_primary", "no other primary domain"),
        ],
    )
    def test_errors_name_the_column(self, alpha: Client, row: str, column: str, said: str) -> None:
        before = set(Domain.objects.values_list("domain", "tenant", "is_primary"))
        (error,) = errors(domains(row))
        assert error[:2] == (column, 2)
        assert said in error[2]
        assert set(Domain.objects.values_list("domain", "tenant", "is_primary")) == before

    def test_an_archived_client_is_not_changed(self, bare: Client) -> None:
        lifecycle.archive(bare, removal_on=timezone.localdate(), acting_user=None)
        (error,) = errors(domains("x.example,bare,yes"))
        assert "is archived" in error[2]


class TestPrimary:
    @pytest.mark.parametrize("order", [1, -1])
    @pytest.mark.parametrize("old", ["alpha.localhost,alpha,no", "alpha.localhost,alpha,", None])
    def test_moves_to_the_one_that_is_marked(
        self, alpha: Client, order: int, old: str | None, operator: User
    ) -> None:
        rows = [row for row in (old, "b.example,alpha,yes") if row][::order]
        with acting_as(operator):
            assert errors(domains(*rows)) == []
        assert hosts(alpha) == {"alpha.localhost": False, "b.example": True}
        entries = LogEntry.objects.about(alpha).filter(actor_email=operator.email)
        changes = {(entry.object_repr, entry.action) for entry in entries}
        action = LogEntry.Action
        assert changes == {("alpha.localhost", action.UPDATE), ("b.example", action.CREATE)}
        assert len(entries) == 2

    def test_moves_between_two_that_are_there(self, alpha: Client) -> None:
        domains("b.example,alpha,no", "c.example,alpha,no")
        assert domains("c.example,alpha,yes").changed == 1
        assert domains("b.example,alpha,yes", "c.example,alpha,no").changed == 2
        assert hosts(alpha) == {"alpha.localhost": False, "b.example": True, "c.example": False}

    @pytest.mark.parametrize("order", [1, -1])
    def test_is_not_two(self, alpha: Client, order: int) -> None:
        rows = ["alpha.localhost,alpha,yes", "b.example,alpha,yes"][::order]
        assert "marks another one as primary" in errors(domains(*rows))[0][2]
        assert hosts(alpha) == {"alpha.localhost": True}

    def test_does_not_just_go_because_another_one_has_nothing_to_say(self, alpha: Client) -> None:
        assert errors(domains("alpha.localhost,alpha,no", "b.example,alpha,"))
        assert hosts(alpha) == {"alpha.localhost": True}


def test_an_export_imported_again_changes_nothing(alpha: Client, bare: Client) -> None:
    domains("Bücher.example,alpha,", "z.example,alpha,", "a.example,bare,")
    Domain.objects.bulk_create([Domain(tenant=alpha, domain="old_one.example", is_primary=False)])
    lifecycle.archive(bare, removal_on=timezone.localdate(), acting_user=None)
    content = exported(DomainResource)
    assert b"localhost,public" not in content
    result = import_file(DomainResource, content)
    assert (errors(result), result.new, result.changed) == ([], 0, 0)
    assert result.unchanged == Domain.objects.exclude(tenant__schema_name="public").count()


def test_takes_the_same_number_of_queries_for_20_and_200(alpha: Client) -> None:
    def queries(count: int, letter: str) -> int:
        rows = [f"{letter}{n}.example,alpha,no" for n in range(count)]
        with CaptureQueriesContext(connection) as made:
            assert domains(*rows).new == count
        return len(made)

    queries(1, "one")
    assert queries(20, "few") == queries(200, "many")
