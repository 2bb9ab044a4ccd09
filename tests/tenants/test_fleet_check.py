"""A check of the fleet finds what is missing, orphaned and drifted, object by object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from console.postgres.contexts import owner_rights
from console.postgres.exceptions import OwnerRightsRefused
from tenants.exceptions import NotAllowed
from tenants.models import (
    DIFFERENCES_AT_MOST,
    CheckReason,
    Client,
    FindingKind,
    FleetCheck,
    SchemaFinding,
    SchemaTemplate,
    SchemaVersion,
)
from tenants.operations import fleet_check
from tenants.operations.fleet_check import request_check, verify_fleet
from tenants.operations.lifecycle import archive
from tenants.schemas.migrate import known_migrations
from tenants.schemas.records import applied_in
from tenants.tasks import check_fleet, check_fleet_nightly
from tests.tenants.fleet import as_owner, check, differences, found, lose, make_orphan, quiet
from tests.tenants.operating import TAKE, key_of, make_behind

pytestmark = pytest.mark.usefixtures("alpha")


def test_finds_nothing_where_all_is_well() -> None:
    done = check()
    assert (done.schemas, done.passed_over, found()) == (2, [], {})


class TestDrift:
    @pytest.mark.parametrize(
        ("change", "name", "expected", "actual"),
        [
            (
                "DROP TABLE alpha.tenant_data_label CASCADE",
                "table tenant_data_label",
                "TABLE",
                "",
            ),
            ("CREATE TABLE alpha.extra (id int)", "table extra", "", "TABLE"),
            (
                "ALTER TABLE alpha.tenant_data_task ADD extra int NOT NULL DEFAULT 3",
                "column tenant_data_task.extra",
                "",
                "integer NOT NULL DEFAULT 3",
            ),
            (
                "ALTER TABLE alpha.tenant_data_task ALTER title DROP NOT NULL",
                "column tenant_data_task.title",
                'character varying(200) COLLATE "default" NOT NULL',
                'character varying(200) COLLATE "default"',
            ),
            (
                "CREATE INDEX extra ON alpha.tenant_data_task (title)",
                "index extra",
                "",
                "CREATE INDEX extra ON tenant_data_task USING btree (title)",
            ),
            (
                "ALTER TABLE alpha.tenant_data_task ADD CONSTRAINT extra CHECK (id > 0) NOT VALID",
                "constraint tenant_data_task.extra",
                "",
                "CHECK ((id > 0)) NOT VALID",
            ),
            (
                "ALTER SEQUENCE alpha.tenant_data_task_id_seq MAXVALUE 99999999",
                "sequence tenant_data_task_id_seq",
                "bigint START 1 INCREMENT 1 FROM 1 TO 9223372036854775807"
                " OWNED BY tenant_data_task.id",
                "bigint START 1 INCREMENT 1 FROM 1 TO 99999999 OWNED BY tenant_data_task.id",
            ),
        ],
    )
    def test_is_shown_object_by_object(
        self, change: str, name: str, expected: str, actual: str
    ) -> None:
        as_owner(change)
        check()
        assert found() == {"alpha": "drifted"}
        assert differences()[name] == (expected, actual)

    def test_of_rights_too(self) -> None:
        as_owner("GRANT SELECT ON alpha.tenant_data_task TO PUBLIC")
        check()
        [difference] = SchemaFinding.objects.get().differences
        assert difference["object"] == fleet_check.RIGHTS
        assert difference["found"] == "PUBLIC has SELECT on table tenant_data_task."

    def test_is_forgotten_once_it_is_mended(self) -> None:
        as_owner("CREATE TABLE alpha.extra (id int)")
        check()
        first = SchemaFinding.objects.get()
        check()
        assert SchemaFinding.objects.get().found_at == first.found_at
        as_owner("DROP TABLE alpha.extra")
        check()
        assert found() == {}

    def test_is_bounded(self) -> None:
        columns = ", ".join(f"c{n} int" for n in range(DIFFERENCES_AT_MOST + 5))
        as_owner(f"CREATE TABLE alpha.extra ({columns})")
        check()
        finding = SchemaFinding.objects.get()
        assert len(finding.differences) == DIFFERENCES_AT_MOST
        assert finding.difference_count == DIFFERENCES_AT_MOST + 6

    def test_is_not_asked_of_a_schema_that_is_behind(self) -> None:
        make_behind("alpha")
        check()
        assert found() == {}

    def test_of_a_schema_that_others_are_at_work_on_is_left_for_later(self, second: Any) -> None:
        as_owner("CREATE TABLE alpha.extra (id int)")
        second.execute(TAKE, [key_of("alpha")])
        assert check().passed_over == ["alpha"]
        assert found() == {}

    def test_what_else_was_known_of_it_is_not_kept(self, alpha: Client, second: Any) -> None:
        """It was gone, somebody brought it back, and others are at work on it."""
        SchemaFinding.objects.create(schema_name="alpha", client=alpha, kind=FindingKind.MISSING)
        as_owner("CREATE TABLE alpha.extra (id int)")
        second.execute(TAKE, [key_of("alpha")])
        assert check().passed_over == ["alpha"]
        assert found() == {}

    def test_without_a_template_rights_alone_are_compared(self) -> None:
        with owner_rights("public"):
            SchemaTemplate.objects.update(catalog_form="of older code")
        as_owner("CREATE TABLE alpha.extra (id int)")
        as_owner("GRANT SELECT ON alpha.extra TO PUBLIC")
        check()
        assert set(differences()) == {fleet_check.RIGHTS}


class TestMissingAndOrphaned:
    def test_a_schema_that_is_gone_is_missing(self, alpha: Client) -> None:
        lose("alpha")
        check()
        assert found() == {"alpha": "missing"}
        assert SchemaFinding.objects.get().client == alpha

    def test_of_an_archived_client_too(self, alpha: Client, today: Any) -> None:
        archive(alpha, removal_on=today, acting_user=None)
        lose("alpha")
        check()
        assert found() == {"alpha": "missing"}

    def test_a_schema_without_a_client_is_orphaned(self) -> None:
        make_orphan()
        check()
        assert found() == {"lost": "orphaned"}
        assert SchemaFinding.objects.get().is_ours

    def test_and_so_is_one_whose_client_has_none_by_its_row(self, draft: Client) -> None:
        make_orphan("gamma")
        check()
        assert found() == {"gamma": "orphaned"}
        assert SchemaFinding.objects.get().client == draft

    def test_another_programs_is_told_apart(self) -> None:
        as_owner("CREATE SCHEMA other")
        as_owner("CREATE TABLE other.django_migrations (app text, name text)")
        check()
        assert not SchemaFinding.objects.get(schema_name="other").is_ours

    @pytest.mark.parametrize("name", ["template_0123456789ab", "doctor_0123456789ab", "Upper"])
    def test_what_no_client_can_have_is_not_looked_at(self, name: str) -> None:
        as_owner(f'CREATE SCHEMA "{name}"')
        assert check().schemas == 2
        assert found() == {}

    def test_what_is_seen_to_since_does_not_stand_any_more(self, alpha: Client) -> None:
        make_orphan()
        lose("beta")
        check()
        Client.objects.filter(schema_name="beta").update(status="draft", provisioned_at=None)
        Client.objects.filter(pk=alpha.pk).update(schema_name="lost")
        assert found() == {}


class TestVersions:
    def test_what_the_schemas_say_is_kept(self, alpha: Client, beta: Client) -> None:
        old = SchemaVersion.objects.of([])
        Client.objects.filter(pk=alpha.pk).update(schema_version=old)
        Client.objects.filter(pk=beta.pk).update(schema_version=None)
        check()
        assert set(Client.objects.provisioned().values_list("schema_version", flat=True)) == {
            SchemaVersion.objects.of(known_migrations()).pk
        }

    def test_many_records_are_read_with_one_query(
        self, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        with django_assert_num_queries(3):  # Two are those of the savepoint.
            assert set(applied_in(["alpha", "beta"])) == {"alpha", "beta"}

    def test_a_schema_that_is_gone_meanwhile_does_not_hinder_the_others(self) -> None:
        assert set(applied_in(["alpha", "gone", "beta", "gone too"])) == {"alpha", "beta"}


class TestWhoAsks:
    def test_a_command_a_night_or_somebody(self, operator: User) -> None:
        check_fleet_nightly(0)
        check_fleet(operator.email)
        latest, nightly = FleetCheck.objects.all()
        assert (nightly.reason, nightly.asked_by_email) == (CheckReason.NIGHTLY, "")
        assert (latest.reason, latest.asked_by_email) == (CheckReason.ASKED, operator.email)

    def test_checks_of_long_ago_are_forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fleet_check, "CHECKS_KEPT", 1)
        check()
        latest = check()
        assert list(FleetCheck.objects.all()) == [latest]

    def test_asked_for_twice_is_done_once(self, operator: User) -> None:
        jobs = ProcrastinateJob.objects.filter(task_name="tenants.check_fleet")
        assert request_check(acting_user=operator)
        assert not request_check(acting_user=operator)
        assert jobs.get().args == {"asked_by": operator.email}

    def test_not_by_those_who_look_on(self, viewer: User) -> None:
        with pytest.raises(NotAllowed):
            request_check(acting_user=viewer)
        assert not ProcrastinateJob.objects.filter(task_name="tenants.check_fleet").exists()


@pytest.mark.usefixtures("web_login")
def test_a_process_that_serves_pages_cannot_check() -> None:
    with pytest.raises(OwnerRightsRefused):
        verify_fleet(reason=CheckReason.COMMAND, report=quiet)
