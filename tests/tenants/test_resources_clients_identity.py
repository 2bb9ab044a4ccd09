"""Which client a row of a file is about, its domains, and what the history keeps of an import."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from console.accounts.models import User
from console.history.acting import acting_as
from console.history.models import LogEntry
from console.postgres.contexts import owner_rights
from tenants.models import Client, Domain
from tests.tenants.files import HEADER, NEW, clients, errors, new, row_of

pytestmark = pytest.mark.usefixtures("alpha")

BY_REFERENCE = f"external_reference,{HEADER}"


@pytest.fixture
def gamma(alpha: Client) -> Client:
    new(external_reference="C-1", other_domains="a.example, b.example")
    return Client.objects.get(schema_name="gamma")


def hosts(client: Client) -> dict[str, bool]:
    return dict(client.domains.values_list("domain", "is_primary"))


class TestSchemaName:
    def test_that_only_the_database_has_is_refused(self) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA gamma")
        (error,) = errors(clients(NEW))
        text = "The database has a schema “gamma” already. Choose another name."
        assert error == ("schema_name", 2, text)
        assert not Client.objects.filter(schema_name="gamma").exists()

    def test_cannot_be_made_of_nothing(self) -> None:
        (error,) = errors(clients(NEW.replace("Gamma,gamma,", ",,")))
        assert error == ("schema_name", 2, "Neither a name nor a schema name is given.")


class TestName:
    def test_of_another_client_is_said_of_a_new_one(self, gamma: Client) -> None:
        row = NEW.replace("Gamma,gamma,gamma.", "GAMMA,gamma2,gamma2.")
        said = "1 new client has the name of one that is here already: Gamma (gamma)."
        assert said in clients(row, dry_run=True).notes
        assert not errors(clients(row)), "there may be two"

    def test_is_not_said_of_the_client_itself_nor_of_a_new_one(self, gamma: Client) -> None:
        rows = (NEW, NEW.replace("Gamma,gamma,gamma.", "Delta,delta,delta."))
        assert clients(*rows, dry_run=True).notes == []


class TestReference:
    def test_finds_a_client_where_no_schema_name_is_given(self, gamma: Client) -> None:
        row = "C-1," + NEW.replace("Gamma,gamma,", "Gamma & Co,,")
        assert clients(row, header=BY_REFERENCE).changed == 1
        gamma.refresh_from_db()
        assert (gamma.name, gamma.schema_name) == ("Gamma & Co", "gamma")

    def test_can_be_given_to_a_client_that_has_none(self, alpha: Client) -> None:
        row = row_of(alpha, "external_reference", external_reference="C-9")
        assert clients(row, header=f"{HEADER},external_reference").changed == 1

    def test_of_another_client_is_refused(self, gamma: Client, alpha: Client) -> None:
        row = row_of(alpha, "external_reference", external_reference="C-1")
        (error,) = errors(clients(row, header=f"{HEADER},external_reference"))
        assert error == ("external_reference", 2, "Gamma (gamma) has the external reference “C-1”.")

    def test_of_another_client_is_refused_for_a_new_one(self, gamma: Client) -> None:
        row = "C-1," + NEW.replace("gamma", "delta")
        (error,) = errors(clients(row, header=BY_REFERENCE))
        assert error[0] == "external_reference"

    def test_cannot_be_given_twice_in_a_file(self) -> None:
        rows = ("C-2," + NEW, "C-2," + NEW.replace("gamma", "delta"))
        (error,) = errors(clients(*rows, header=BY_REFERENCE))
        assert error[1:] == (3, "Line 2 gives the external reference “C-2” too.")

    def test_two_rows_that_find_the_same_client_are_refused(self, gamma: Client) -> None:
        rows = ("C-1," + NEW, "C-1," + NEW.replace(",gamma,", ",,"))
        (error,) = errors(clients(*rows, header=BY_REFERENCE))
        assert error == (
            "schema_name",
            3,
            "“gamma” is in the file more than once. Keep one of its rows.",
        )

    def test_another_one_does_not_take_a_client_of_the_same_name(self, gamma: Client) -> None:
        row = "C-2," + NEW.replace(",gamma,", ",,")
        (error,) = errors(clients(row, header=BY_REFERENCE))
        assert "under another external reference" in error[2]
        row = "C-2," + NEW
        assert clients(row, header=BY_REFERENCE).changed == 1


class TestDomains:
    def change(self, domain: str, others: str | None = None, **options: object) -> object:
        row = NEW.replace("gamma.localhost", domain)
        if others is None:
            return clients(row, **options)
        return clients(f'{row},"{others}"', header=f"{HEADER},other_domains", **options)

    def test_are_those_of_the_file(self, gamma: Client) -> None:
        self.change("gamma.localhost", "b.example, c.example")
        assert hosts(gamma) == {"gamma.localhost": True, "b.example": False, "c.example": False}

    def test_may_change_places(self, gamma: Client) -> None:
        self.change("a.example", "gamma.localhost, b.example")
        assert hosts(gamma) == {"gamma.localhost": False, "a.example": True, "b.example": False}

    def test_a_new_primary_one_takes_the_place_of_the_old_one(self, gamma: Client) -> None:
        old = gamma.domains.get(is_primary=True)
        self.change("new.example", "a.example, b.example")
        old.refresh_from_db()
        assert old.domain == "new.example"
        self.change("newer.example")
        assert hosts(gamma) == {"newer.example": True, "a.example": False, "b.example": False}

    def test_go_where_they_are_left_out(self, gamma: Client) -> None:
        self.change("a.example", "")
        assert hosts(gamma) == {"a.example": True}

    def test_are_in_the_history_of_their_client(self, gamma: Client, operator: User) -> None:
        with acting_as(operator):
            self.change("a.example", "gamma.localhost, c.example")
        entries = {
            (entry.object_repr, entry.action): entry.changes
            for entry in LogEntry.objects.about(gamma)
            if entry.actor_email == operator.email
        }
        action = LogEntry.Action
        assert entries[("a.example", action.UPDATE)] == {"is_primary": [False, True]}
        assert entries[("gamma.localhost", action.UPDATE)] == {"is_primary": [True, False]}
        assert entries[("c.example", action.CREATE)]["domain"] == [None, "c.example"]
        assert entries[("b.example", action.DELETE)]["domain"] == ["b.example", None]
        assert len(entries) == 4

    @pytest.mark.parametrize(
        ("domain", "others", "right", "said"),
        [
            ("gamma.localhost", "a.example, b.example, c.example", "add_domain", "add"),
            ("gamma.localhost", "a.example", "delete_domain", "delete"),
            ("a.example", "gamma.localhost, b.example", "change_domain", "change"),
            ("new.example", "a.example, b.example", "change_domain", "change"),
            ("new.example", None, "change_domain", "change"),
            ("a.example", None, "change_domain", "change"),
        ],
    )
    def test_need_the_rights_over_domains(
        self,
        gamma: Client,
        outsider: User,
        domain: str,
        others: str | None,
        right: str,
        said: str,
    ) -> None:
        result = self.change(domain, others, user=outsider)
        assert [error[2] for error in errors(result)] == [f"You may not {said} domains."]
        outsider.user_permissions.add(Permission.objects.get(codename=right))
        assert self.change(domain, others, user=User.objects.get(pk=outsider.pk)).changed == 1


class TestHistory:
    def test_says_who_changed_what(self, gamma: Client, operator: User) -> None:
        assert LogEntry.objects.get_for_object(gamma).get().action == LogEntry.Action.CREATE
        with acting_as(operator):
            clients(NEW.replace("Gamma,", "Gamma Ltd,"))
        entry = LogEntry.objects.get_for_object(gamma).first()
        assert entry.changes == {"name": ["Gamma", "Gamma Ltd"]}
        assert entry.actor_email == operator.email

    def test_knows_nothing_of_a_file_that_was_refused_or_only_looked_at(
        self, gamma: Client
    ) -> None:
        count = LogEntry.objects.count()
        clients(NEW.replace("Gamma,", "Other,"), dry_run=True)
        clients(NEW.replace("Gamma,", "Other,"), NEW.replace(",gamma,", ",delta,"))
        clients(NEW)
        assert LogEntry.objects.count() == count

    def test_of_many_is_written_at_once(self, alpha: Client) -> None:
        rows = [f"C{n},many{n},many{n}.localhost,team,A,a@x.example" for n in range(1200)]
        result = clients(*rows)
        assert (result.new, len(result.added)) == (1200, 1200)
        added = LogEntry.objects.filter(action=LogEntry.Action.CREATE)
        assert added.filter(content_type__model="client").count() >= 1200
        assert Domain.objects.filter(domain__startswith="many").count() == 1200
