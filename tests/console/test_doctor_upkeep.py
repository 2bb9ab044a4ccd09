"""What goes wrong with time is found by its name: schemas, worker, machine. And the command."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateWorker

from console.doctor import Verdict, examination, fleet, machine, worker
from console.postgres.contexts import owner_rights
from console.postgres.roles import role_for
from tenants.models import Client
from tenants.schemas.hidden import DOCTOR, hidden_schemas
from tenants.schemas.locks import schema_lock
from tenants.schemas.throw_away import thrown_away
from tests.console.test_doctor import failed
from tests.database import second_connection


def as_owner(statement: str, parameters: Any = None) -> None:
    with owner_rights("public"), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def found(part: Any) -> dict[str, Any]:
    return {finding.name: finding for finding in part()}


class TestSchemas:
    def test_all_is_well(self, alpha: Client) -> None:
        assert failed(found(fleet.fleet)) == set()

    def test_a_client_without_its_schema(self, beta: Client) -> None:
        as_owner("DROP SCHEMA beta CASCADE")
        findings = found(fleet.fleet)
        assert {"fleet.missing", "fleet.roles"} == failed(findings)
        assert "beta" in findings["fleet.missing"].seen
        assert findings["fleet.missing"].verdict == Verdict.FAILED

    def test_a_schema_without_a_client(self, alpha: Client) -> None:
        as_owner("CREATE SCHEMA stray")
        findings = found(fleet.fleet)
        assert failed(findings) == {"fleet.orphans"}
        assert "stray" in findings["fleet.orphans"].seen

    def test_a_schema_of_a_client_that_was_not_made(self, draft: Client) -> None:
        as_owner("CREATE SCHEMA gamma")
        assert "gamma" in found(fleet.fleet)["fleet.orphans"].seen

    def test_roles_without_a_schema(self, alpha: Client) -> None:
        as_owner(f'CREATE ROLE "{role_for(connection.settings_dict["NAME"], "gone")}"')
        assert failed(found(fleet.fleet)) == {"fleet.roles"}

    def test_a_schema_that_somebody_migrated_by_hand(self, alpha: Client) -> None:
        as_owner(
            "DELETE FROM alpha.django_migrations WHERE app = 'tenant_data' AND name LIKE '%7%'"
        )
        findings = found(fleet.fleet)
        assert failed(findings) == {"fleet.behind", "fleet.fingerprints"}
        assert "alpha" in findings["fleet.behind"].seen

    def test_rights_that_somebody_changed(self, alpha: Client) -> None:
        as_owner("GRANT USAGE ON SCHEMA alpha TO PUBLIC")
        findings = found(fleet.fleet)
        assert failed(findings) == {"fleet.rights"}
        assert findings["fleet.rights"].seen == "alpha: PUBLIC has USAGE on schema alpha."


@pytest.mark.usefixtures("db")
class TestWorker:
    def job(self, status: str, *, minutes_ago: int = 0, worker: int | None = None) -> None:
        insert = (
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id)"
            " VALUES ('schemas', 'some.task', '{}', %s::procrastinate_job_status, %s) RETURNING id"
        )
        with owner_rights("public"), connection.cursor() as cursor:
            cursor.execute(insert, [status, worker])
            pk = cursor.fetchone()[0]
            cursor.execute(
                "UPDATE procrastinate_events SET at = now() - make_interval(mins => %s)"
                " WHERE job_id = %s",
                [minutes_ago, pk],
            )

    def start(self, *, seconds_ago: int = 0) -> int:
        as_owner(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s))",
            [seconds_ago],
        )
        return ProcrastinateWorker.objects.latest("pk").pk

    def test_is_there_and_has_nothing_to_do(self) -> None:
        self.start()
        assert failed(found(worker.worker)) == set()

    def test_is_not_there(self) -> None:
        self.start(seconds_ago=120)
        findings = found(worker.worker)
        assert failed(findings) == {"worker.alive"}
        assert "manage.py worker" in findings["worker.alive"].to_do

    def test_cannot_keep_up(self) -> None:
        self.start()
        self.job("todo", minutes_ago=1)
        assert failed(found(worker.worker)) == set()
        self.job("todo", minutes_ago=10)
        findings = found(worker.worker)
        assert failed(findings) == {"worker.queue"}
        assert findings["worker.queue"].seen == "2 wait, 1 of them for more than 5 minutes."

    @pytest.mark.parametrize(("due_for", "late"), [(1, set()), (10, {"worker.queue"})])
    def test_a_job_for_later_waits_from_then_on(self, due_for: int, late: set[str]) -> None:
        """As the deletion of a file does, a week after it was asked for."""
        self.start()
        self.job("todo", minutes_ago=10_000)
        as_owner(
            "UPDATE procrastinate_jobs SET scheduled_at = now() - make_interval(mins => %s)",
            [due_for],
        )
        assert failed(found(worker.worker)) == late

    def test_left_a_job_behind(self) -> None:
        self.job("doing", worker=self.start())
        assert failed(found(worker.worker)) == set()
        self.job("doing", worker=self.start(seconds_ago=120))
        findings = found(worker.worker)
        assert failed(findings) == {"worker.stalled"}
        assert "some.task" in findings["worker.stalled"].seen


class TestMachine:
    @pytest.mark.parametrize(
        ("megabytes", "verdict"), [(100, "failed"), (1000, "warning"), (10_000, "ok")]
    )
    def test_room(self, megabytes: int, verdict: str) -> None:
        finding = machine.judge_room(Path("/data"), megabytes * machine.MEGABYTE)
        assert (finding.verdict, finding.seen) == (verdict, f"{megabytes} MB are free.")

    @pytest.mark.parametrize(("mode", "verdict"), [(0o755, "warning"), (0o750, "ok")])
    def test_files_that_everybody_can_read(self, mode: int, verdict: str, tmp_path: Path) -> None:
        tmp_path.chmod(mode)
        finding = machine.judge_privacy(tmp_path)
        assert finding.verdict == verdict
        assert ("chmod" in finding.to_do) == (verdict == "warning")

    def test_no_files_are_nobodys_to_read(self, tmp_path: Path) -> None:
        assert machine.judge_privacy(tmp_path / "media").verdict == Verdict.OK

    @pytest.mark.parametrize(("seconds", "verdict"), [(90, "failed"), (5, "warning"), (1, "ok")])
    def test_clock(self, seconds: int, verdict: str) -> None:
        assert machine.judge_clock(timedelta(seconds=seconds)).verdict == verdict

    def test_this_one_is_well(self, db: None) -> None:
        assert "machine.clock" not in failed(found(machine.machine))


@pytest.fixture
def unblocked(django_db_setup: None, django_db_blocker: Any) -> Any:
    """Without a transaction around the test: what the doctor makes is committed, and removed."""
    with django_db_blocker.unblock():
        yield


@pytest.mark.usefixtures("unblocked")
class TestCommand:
    def run(self, *arguments: str) -> tuple[str, int]:
        out = StringIO()
        try:
            call_command("doctor", *arguments, stdout=out)
        except SystemExit as exc:
            return out.getvalue(), int(exc.code or 0)
        return out.getvalue(), 0

    def test_says_what_it_tried_and_fails_where_something_failed(self) -> None:
        text, status = self.run("--json")
        report = json.loads(text)
        findings = {finding["name"]: finding for finding in report["findings"]}
        assert {name for name, one in findings.items() if one["verdict"] == "failed"} == {
            "worker.alive"  # There is none in these tests.
        }
        assert (status, report["ok"], report["counts"]["failed"]) == (1, False, 1)
        assert all(one["tried"] and one["seen"] for one in findings.values())
        assert len(findings) > 25
        assert hidden_schemas(DOCTOR) == []

    def test_is_refused_to_a_process_that_has_the_login_of_pages_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CONSOLE_LOGIN", "web")
        with pytest.raises(CommandError, match="set CONSOLE_LOGIN=owner"):
            self.run()

    def test_removes_what_a_killed_one_left(self) -> None:
        trial = thrown_away(1)
        (left,) = trial.__enter__()
        with schema_lock(left):
            assert hidden_schemas(DOCTOR) == [left]
        with thrown_away(1) as (name,):
            assert hidden_schemas(DOCTOR) == [name]
        assert hidden_schemas(DOCTOR) == []
        trial.__exit__(None, None, None)

    @pytest.mark.parametrize(
        ("table", "broken"),
        [
            ("tenants_client", {"fleet", "bound"}),
            ("tenants_schematemplate", {"trial"}),
            ("procrastinate_workers", {"worker"}),
        ],
    )
    def test_a_lock_that_somebody_holds_is_a_line_and_no_wait(
        self, table: str, broken: set[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(examination, "LOCK_TIMEOUT", "50ms")
        with second_connection() as second:
            second.execute(f"LOCK TABLE public.{table}")
            findings = {finding.name: finding for finding in examination.examine()}
        stuck = {name for name, one in findings.items() if "could not be tried" in one.seen}
        assert stuck == broken
        for name in stuck:
            assert findings[name].verdict == Verdict.FAILED
            assert "lock timeout" in findings[name].seen
            assert "pg_blocking_pids()" in findings[name].to_do
        assert "machine.disk" in findings, "the others go on"

    def test_waits_as_long_as_before_when_it_is_over(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            before = cursor.fetchone()
            with pytest.raises(ZeroDivisionError), examination.impatience():
                cursor.execute("SHOW lock_timeout")
                assert cursor.fetchone() == (examination.LOCK_TIMEOUT,)
                _ = 1 / 0
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == before

    def test_a_part_that_breaks_does_not_stop_the_others(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken() -> Any:
            yield from ()
            raise RuntimeError("no idea")

        monkeypatch.setattr(examination, "_PARTS", {"fleet": broken, "worker": worker.worker})
        monkeypatch.setattr(examination, "_TRIALS", {})
        first, *rest = examination.examine()
        assert (first.name, first.verdict) == ("fleet", Verdict.FAILED)
        assert first.seen == "It could not be tried: no idea"
        assert {finding.name for finding in rest} >= {"worker.alive"}
