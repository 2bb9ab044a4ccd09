"""The columns of files of clients, and that an export imported again changes nothing."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone

from console.importing.files import import_file
from console.importing.formats import XLSX
from tenants.models import Client, ClientStatus, Domain, Plan
from tenants.operations import lifecycle
from tenants.resources import ClientResource
from tests.tenants.files import HEADER, NEW, clients, errors, exported, new, row_of

pytestmark = pytest.mark.usefixtures("alpha")

FULL = {
    "external_reference": "C-1001",
    "other_domains": "shop.gamma.example, Bücher.example",
    "redirect_to_primary": "yes",
    "trial_ends_on": "2026-12-31",
    "tags": "VIP,  big  customer",
    "notes": 'First line\n"second", =1+1',
    "contact_name": "Greta Ünal",
    "contact_email": "Greta@Gamma.example",
    "contact_phone": "+49 30 1234567",
    "time_zone": "Europe/Berlin",
    "language": "English (UK)",
    "colour": "#B45309",
}


def gamma() -> Client:
    return Client.objects.get(schema_name="gamma")


class TestColumns:
    def test_fill_every_field(self) -> None:
        result = new(**FULL)
        assert (errors(result), result.new) == ([], 1)
        client = gamma()
        assert client.external_reference == "C-1001"
        assert client.redirect_to_primary
        assert client.trial_ends_on == datetime.date(2026, 12, 31)
        assert client.tags == ["big customer", "vip"]
        assert client.notes == 'First line\n"second", =1+1'
        assert (client.contact_name, client.contact_email) == ("Greta Ünal", "greta@gamma.example")
        assert client.contact_phone == "+49 30 1234567"
        assert (client.time_zone, client.language) == ("Europe/Berlin", "en-gb")
        assert client.colour == "#b45309"
        assert dict(client.domains.values_list("domain", "is_primary")) == {
            "gamma.localhost": True,
            "shop.gamma.example": False,
            "xn--bcher-kva.example": False,
        }

    @pytest.mark.parametrize(
        ("column", "value", "said"),
        [
            ("trial_ends_on", "31.13.2026", "is not a date"),
            ("trial_ends_on", "2026-02-30", "is not a date"),
            ("contact_email", "greta", "valid email"),
            ("contact_phone", "call me", "Use digits"),
            ("time_zone", "Berlin", "is not a time zone"),
            ("time_zone", "../../etc/passwd", "is not a time zone"),
            ("language", "Klingon", "is not known here"),
            ("colour", "red", "Use a colour"),
            ("redirect_to_primary", "perhaps", "neither yes nor no"),
            ("external_reference", "x" * 65, "at most 64"),
            ("tags", "x" * 41, "40 characters"),
            ("tags", ",".join(f"tag {n}" for n in range(21)), "20 at the most"),
            ("other_domains", ",".join(f"h{n}.example" for n in range(101)), "100 at the most"),
            ("notes", "x" * 10_001, "10000 characters at the most"),
            ("other_domains", "good.example, bad_one.example", "underscore"),
            ("other_domains", "*.gamma.example", "“*” does not stand"),
            ("other_domains", "beta.localhost", "Another client has"),
            ("other_domains", "admin.localhost", "is kept for the console"),
            ("other_domains", "gamma.localhost", "is the primary domain already"),
            ("status", "active", "A new client is a draft"),
        ],
    )
    def test_name_what_is_wrong_in_them(self, column: str, value: str, said: str) -> None:
        (error,) = errors(new(**{column: value}))
        assert error[:2] == (column, 2)
        assert said in error[2]
        assert not Client.objects.filter(schema_name="gamma").exists()

    @pytest.mark.parametrize("status", ["", "draft"])
    def test_a_new_one_is_a_draft(self, status: str) -> None:
        assert new(status=status, created_at="1999-01-01", last_active_at="x").new == 1
        assert gamma().status == ClientStatus.DRAFT
        assert gamma().created_at.year > 1999

    def test_status_is_not_read_back_and_the_preview_says_so(self, alpha: Client) -> None:
        header = f"{HEADER},status,created_at"
        row = row_of(alpha, "status", "created_at", status="suspended", created_at="x")
        result = clients(row, header=header)
        assert (result.unchanged, len(result.notes)) == (1, 1)
        assert "“status” is for information and is not read: 1 row" in result.notes[0]


class TestEmptyCells:
    def test_empty_what_can_be_empty_and_leave_the_rest(self) -> None:
        new(**FULL)
        result = new(**dict.fromkeys(FULL, ""))
        assert (errors(result), result.changed) == ([], 1)
        client = gamma()
        assert (client.external_reference, client.notes, client.tags) == ("", "", [])
        assert (client.trial_ends_on, client.contact_phone) == (None, "")
        assert [domain.domain for domain in client.domains.all()] == ["gamma.localhost"]
        assert (client.time_zone, client.language) == ("Europe/Berlin", "en-gb")
        assert (client.colour, client.redirect_to_primary) == ("#b45309", True)
        assert "Empty cells empty what is there: external_reference (1)" in result.notes[0]

    def test_of_a_new_one_get_the_usual_values(self) -> None:
        new(**dict.fromkeys(FULL, ""))
        assert (gamma().time_zone, gamma().language) == ("UTC", "en")
        assert gamma().colour == Client._meta.get_field("colour").default

    def test_columns_that_are_absent_leave_what_is_there(self) -> None:
        new(**FULL)
        assert clients(NEW.replace("Gamma,", "Gamma Ltd,")).changed == 1
        client = gamma()
        assert (client.name, client.notes[:5], len(client.tags)) == ("Gamma Ltd", "First", 2)
        assert client.domains.count() == 3

    def test_what_they_do_is_said_for_each_column(self) -> None:
        said = {c.column_name: c.when_empty for c in ClientResource().explained_columns()}
        assert said["notes"] == "empties it"
        assert said["time_zone"] == "leaves what is there; new: UTC"
        assert said["redirect_to_primary"] == "leaves what is there; new: no"
        assert said["plan"] == "is an error"
        assert said["status"] == ""


class TestRoundTrip:
    @pytest.fixture(autouse=True)
    def _awkward(self, alpha: Client, beta: Client) -> None:
        """Clients as people, other programs and other days may have left them."""
        plan = Plan.objects.create(code="old", name="Old", is_retired=True)
        common = {"admin_name": "A", "admin_email": "a@x.example"}
        awkward = {
            "name": "=HYPERLINK(1)",
            "external_reference": "-77",
            "notes": ' \'=1+1\r\n"quoted", semi;colon\ttab\n\n@end ',
            "contact_name": "+Zoë 東京",
            "contact_phone": "+49 (0)30/12-34",
            "tags": ["z last", "a first", "zwölf"],
            "plan": plan,
            "trial_ends_on": datetime.date(1999, 1, 2),
            "last_active_at": timezone.now(),
            "language": "en-gb",
        }
        client = Client.objects.create(schema_name="awkward", **awkward, **common)
        Client.objects.create(schema_name="bare", name="Bare", **common)
        Domain.objects.bulk_create(
            Domain(tenant=client, domain=domain, is_primary=primary)
            for domain, primary in (
                ("xn--bcher-kva.example", True),
                ("z.example", False),
                ("under_score.example", False),  # From before there was a rule.
                ("a.example", False),
            )
        )
        without_primary = Client.objects.create(schema_name="lost", name="Lost", **common)
        Domain.objects.bulk_create(
            [Domain(tenant=without_primary, domain="lost.example", is_primary=False)]
        )
        lifecycle.suspend(alpha, acting_user=None)
        lifecycle.archive(beta, removal_on=timezone.localdate(), acting_user=None)

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_changes_nothing(self, kind: str) -> None:
        content = exported(ClientResource)
        if kind == "xlsx":
            content = XLSX().export_data(ClientResource().export())
        before = list(Client.objects.order_by("pk").values())
        result = import_file(ClientResource, content)
        assert (errors(result), result.new, result.changed) == ([], 0, 0)
        assert result.unchanged == Client.objects.companies().count()
        assert result.notes == []
        assert list(Client.objects.order_by("pk").values()) == before

    def test_has_what_the_verbs_keep(self) -> None:
        rows = {row["schema_name"]: row for row in ClientResource().export().dict}
        assert rows["alpha"]["status"] == "suspended"
        assert rows["beta"]["status"] == "archived"
        created = timezone.localtime(Client.objects.get(schema_name="awkward").created_at)
        assert rows["awkward"]["created_at"] == created.isoformat(timespec="seconds")
        assert rows["bare"]["last_active_at"] == ""
        assert rows["awkward"]["other_domains"] == "a.example, under_score.example, z.example"

    def test_an_archived_client_is_not_changed(self, beta: Client) -> None:
        (error,) = errors(clients(row_of(beta, name="Other")))
        assert (error[0], "is archived" in error[2]) == ("schema_name", True)

    def test_a_suspended_one_is(self, alpha: Client) -> None:
        assert clients(row_of(alpha, name="Other")).changed == 1

    def test_a_retired_plan_stays_with_its_clients_alone(self, alpha: Client) -> None:
        (error,) = errors(clients(row_of(alpha, plan="old")))
        assert (error[0], "is retired" in error[2]) == ("plan", True)
        assert errors(clients(NEW.replace("team", "old")))[0][0] == "plan"
        awkward = Client.objects.get(schema_name="awkward")
        assert clients(row_of(awkward, name="Tame")).changed == 1


def test_a_formula_is_escaped_in_the_file_and_not_in_the_row(alpha: Client) -> None:
    new(notes="'=1+1")
    assert gamma().notes == "=1+1"
    assert b"'=1+1" in exported(ClientResource)


def test_all_texts_come_back_from_a_file(alpha: Client) -> None:
    texts: list[Any] = ["'", "''=x", "-", "a,b;c", "x\ny", '"', "\u202eabc", "💡", "0012", "TRUE"]
    for text in texts:
        Client.objects.filter(pk=alpha.pk).update(notes=text)
        Client.objects.filter(pk=alpha.pk).update(contact_name="x")
        content = exported(ClientResource)
        Client.objects.filter(pk=alpha.pk).update(notes="", contact_name="")
        assert import_file(ClientResource, content).changed == 1
        alpha.refresh_from_db()
        assert alpha.notes == text
