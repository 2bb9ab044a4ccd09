"""The demo, which is made of files, and what is prepared before the console starts."""

from __future__ import annotations

import runpy
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import F
from django.utils import timezone
from django_tenants.utils import schema_context

from console import staticfiles
from console.accounts.models import User
from console.accounts.roles import StaffRole, TenantRole
from console.history.models import LogEntry
from console.postgres.contexts import owner_rights
from tenant_data.models import Comment, Milestone, Project, Task, TimeEntry
from tenants.models import Client, Operation, Plan
from tenants.operations import demo, demo_timeline
from tests.database import make_client

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """The demo with few companies that have pages: a schema takes a second to make."""
    rows = demo._rows
    in_use = {"people.csv": {"hooli"}, "timeline.csv": {"hooli", "quillworks"}}

    def few(name: str) -> list[dict[str, str]]:
        kept = in_use.get(name)
        return [row for row in rows(name) if kept is None or row["schema_name"] in kept]

    monkeypatch.setattr(demo, "_rows", few)
    monkeypatch.setattr(staticfiles, "collect", lambda: False)
    settings.CONSOLE_DOMAIN = "localhost"


@pytest.mark.usefixtures("small_demo")
class TestDemo:
    def test_is_imported_like_any_file_and_can_be_run_again(self) -> None:
        out = StringIO()
        call_command("load_demo", stdout=out)
        assert "24 new" in out.getvalue()
        with schema_context("hooli"):
            assert Task.objects.count() == 400
            assert User.objects.get(email="gavin@hooli.example").check_password(demo.PASSWORD)
            assert not User.objects.filter(is_superuser=True).exists()
            assert User.objects.filter(groups=TenantRole.OWNER).count() == 1
        out = StringIO()
        call_command("load_demo", stdout=out)
        assert "0 new, 0 changed, 24 unchanged" in out.getvalue()
        assert "0 new, 0 changed, 400 unchanged" in out.getvalue()

    def test_has_one_of_the_staff_for_each_role(self) -> None:
        call_command("load_demo", stdout=StringIO())
        for role, (email, _name) in demo.COLLEAGUES.items():
            user = User.objects.get(email=email)
            assert user.check_password(demo.PASSWORD)
            assert [group.pk for group in user.groups.all()] == [role]
        assert set(demo.COLLEAGUES) == set(StaffRole)

    def test_has_a_past_that_is_counted_from_today(self) -> None:
        call_command("load_demo", stdout=StringIO())
        hooli = Client.objects.get(schema_name="hooli")
        age = timezone.now() - hooli.created_at
        assert (age.days, hooli.status) == (244, "active")
        added = LogEntry.objects.about(hooli).get(
            action=LogEntry.Action.CREATE, object_pk=hooli.pk, content_type__model="client"
        )
        assert added.timestamp == hooli.created_at
        assert timezone.now() - hooli.last_active_at > timedelta(days=12)
        suspended = Client.objects.get(schema_name="quillworks")
        assert suspended.status == "suspended"
        retired = Plan.objects.get(is_retired=True)
        assert retired.code == "starter"
        assert retired.clients.count() == 2

    def test_work_came_bit_by_bit_and_people_talked_about_it(self) -> None:
        call_command("load_demo", stdout=StringIO())
        now = timezone.now()
        with schema_context("hooli"):
            written = sorted(Task.objects.values_list("created_at", flat=True))
            assert (now - written[0]).days > 230
            assert (now - written[-1]).days < 7
            done = Task.objects.filter(status="done")
            assert not done.filter(done_at__lt=F("created_at")).exists()
            assert done.filter(done_at__gt=now - timedelta(days=40)).count() > 5
            assert not Task.objects.filter(created_at__gt=now).exists()
            assert Comment.objects.filter(created_at__gt=now - timedelta(days=60)).exists()
            assert TimeEntry.objects.count() > 50
            assert Task.objects.exclude(parent=None).count() > 20
            project = Project.objects.get(key="GARDEN")
            assert project.members.count() > 1
            assert project.lead is not None
            entries = LogEntry.objects.filter(timestamp__lt=now - timedelta(days=2))
            assert entries.exclude(actor_email=None).count() > 400

    def test_of_another_day_has_its_dates_around_that_and_keeps_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the files call a day is three weeks later where that is the day of loading."""
        later = timezone.localdate() - timedelta(days=23)
        monkeypatch.setattr(demo_timeline, "WRITTEN_ON", later)
        call_command("load_demo", stdout=StringIO())
        row = demo._rows("milestones_hooli.csv")[0]
        with schema_context("hooli"):
            milestone = Milestone.objects.get(project__key=row["project"], name=row["name"])
            assert milestone.due_on == date.fromisoformat(row["due_on"]) + timedelta(days=21)
            comments = Comment.objects.count()
        # Some weeks later, everything is as long ago as it is.
        for client in Client.objects.companies():
            Client.objects.filter(pk=client.pk).update(
                created_at=client.created_at - timedelta(days=30)
            )
        monkeypatch.setattr(demo_timeline, "WRITTEN_ON", later - timedelta(days=30))
        out = StringIO()
        call_command("load_demo", stdout=out)
        assert "0 new, 0 changed, 400 unchanged" in out.getvalue()
        with schema_context("hooli"):
            assert Comment.objects.count() == comments

    def test_is_refused_where_others_can_reach_it(self, settings: Any) -> None:
        settings.CONSOLE_DOMAIN = "console.example.com"
        with pytest.raises(CommandError, match=r"answers for console\.example\.com"):
            call_command("load_demo", stdout=StringIO())
        assert not User.objects.filter(email=demo.STAFF[0]).exists()

    def test_shows_no_password_that_somebody_has_changed(self) -> None:
        call_command("load_demo", stdout=StringIO())
        assert [login.password for login in demo.logins()] == [demo.PASSWORD] * 2
        staff = User.objects.get(email=demo.STAFF[0])
        staff.set_password("another one")
        staff.save()
        assert [login.password for login in demo.logins()] == ["", demo.PASSWORD]


@pytest.mark.usefixtures("small_demo")
class TestPrepare:
    @pytest.fixture(autouse=True)
    def _nobody_else(self, db: None) -> None:
        Operation.objects.all().delete()
        Client.objects.companies().delete()

    def run(self, **options: Any) -> tuple[str, str]:
        out, progress = StringIO(), StringIO()
        call_command("prepare", stdout=out, stderr=progress, **options)
        return out.getvalue(), progress.getvalue()

    def test_loads_the_demo_on_the_first_run_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CONSOLE_PORT", "9000")
        out, progress = self.run()
        assert "Demo: clients: 24 new" in progress
        assert "http://hooli.localhost:9000/" in out
        assert out.count(demo.PASSWORD) == 2
        assert "Demo" not in self.run()[1]
        assert "400 unchanged" in self.run(demo=True)[1]

    def test_leaves_the_demo_out_if_told_to(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CONSOLE_DEMO", "0")
        out, _progress = self.run()
        assert not Client.objects.companies().exists()
        assert "http://localhost:8000/" in out
        assert demo.PASSWORD not in out
        assert "Nobody can sign in yet" in out
        User.objects.create_superuser("somebody@console.example")
        assert "Nobody" not in self.run()[0]

    def test_leaves_a_console_alone_that_somebody_uses(self) -> None:
        assert demo.is_first_run()
        make_client("gamma", ready=False)
        assert not demo.is_first_run()
        Client.objects.companies().delete()
        User.objects.create_superuser("somebody@console.example")
        self.run()
        assert not Client.objects.companies().exists()


def test_the_demos_files_are_what_their_generator_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(demo.FIXTURES))
    runpy.run_path(str(demo.FIXTURES / "generate.py"))["main"](tmp_path)
    names = sorted(path.name for path in demo.FIXTURES.glob("*.csv"))
    assert names == sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        assert (tmp_path / name).read_bytes() == (demo.FIXTURES / name).read_bytes()


def test_static_files_are_collected_only_when_they_changed(settings: Any, tmp_path: Any) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    assert staticfiles.collect()
    assert (settings.STATIC_ROOT / "importing" / "importing.css").is_file()
    assert not staticfiles.collect()
    (settings.STATIC_ROOT / ".collected").write_text("other")
    assert staticfiles.collect()


def test_a_schema_that_is_gone_does_not_keep_the_others_from_being_named(db: None) -> None:
    make_client("globex")
    with owner_rights("public"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP SCHEMA globex CASCADE")
    assert [login.host for login in demo.logins()] == ["localhost"]
