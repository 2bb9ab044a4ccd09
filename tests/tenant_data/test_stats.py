"""The numbers of a company's work: what is late, what is done this week, and how projects went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation
from django_tenants.utils import schema_context

from console.company.weeks import first_weekday
from tenant_data import stats
from tenant_data.models import Milestone, Project, ProjectStatus, Task, TaskStatus, TimeEntry
from tenants.models import Client
from tests.tenant_data.home_scene import add, person, work_of_alpha

TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")


@pytest.fixture(autouse=True)
def _inside(alpha: Client) -> Iterator[None]:
    with schema_context("alpha"):
        yield


@pytest.fixture
def web() -> Project:
    return Project.objects.create(key="WEB", name="Website")


def done_at(project: Project, moment: datetime, *, created: datetime | None = None) -> Task:
    task = Task.objects.create(project=project, title="t", status=TaskStatus.DONE, done_at=moment)
    Task.objects.filter(pk=task.pk).update(created_at=created or moment)
    return task


class TestWeeks:
    @pytest.mark.parametrize(("language", "first"), [("en", 0), ("en-gb", 1)])
    def test_begin_as_is_usual_in_the_language(self, language: str, first: int) -> None:
        request = RequestFactory().get("/")
        request.tenant = Client(language=language)
        with translation.override(language):
            assert first_weekday(request) == first

    def test_end_at_midnight_where_the_company_is(self) -> None:
        with timezone.override(NEW_YORK):
            ends = stats.ends_of_weeks(60, 1)
        assert len(ends) == 60
        assert {(end.hour, end.minute, end.isoweekday()) for end in ends} == {(0, 0, 1)}
        assert ends == sorted(ends)
        assert ends[-1] <= timezone.now() < ends[-1] + timedelta(days=7, hours=1)
        # A year has weeks of summer time, and others.
        assert len({end.utcoffset() for end in ends}) == 2


class TestDone:
    @pytest.mark.parametrize("zone", [TOKYO, NEW_YORK], ids=str)
    def test_late_in_the_evening_counts_to_that_day(self, web: Project, zone: ZoneInfo) -> None:
        day = date(2026, 3, 4)
        done_at(web, datetime(2026, 3, 4, 23, 30, tzinfo=zone))
        with timezone.override(zone):
            assert stats.number_done_since(day) == 1
            assert stats.number_done_since(day + timedelta(days=1)) == 0

    @pytest.mark.parametrize("zone", [TOKYO, NEW_YORK], ids=str)
    def test_just_after_midnight_counts_to_the_new_day(self, web: Project, zone: ZoneInfo) -> None:
        done_at(web, datetime(2026, 3, 5, 0, 30, tzinfo=zone))
        with timezone.override(zone):
            assert stats.number_done_since(date(2026, 3, 5)) == 1
            assert stats.number_done_since(date(2026, 3, 6)) == 0

    def test_what_was_opened_again_is_not(self, web: Project) -> None:
        task = done_at(web, timezone.now())
        task.status = TaskStatus.OPEN
        task.save()
        assert stats.number_done_since(timezone.localdate()) == 0


class TestWorkLeft:
    def test_is_counted_by_person_with_most_first(self) -> None:
        scene = work_of_alpha()
        bo, *others = stats.work_left()
        assert (bo.person_id, bo.open, bo.late, bo.hours) == (scene["bo"].pk, 2, 1, Decimal("4.5"))
        assert {(of.person_id, of.open, of.late) for of in others} == {
            (scene["cy"].pk, 1, 1),
            (None, 1, 0),
        }

    def test_adds_up_to_what_is_left_in_all(self) -> None:
        scene = work_of_alpha()
        counts = stats.task_counts(scene["bo"])
        assert (counts.open, counts.late, counts.mine, counts.unassigned) == (4, 2, 2, 1)
        assert counts.open == Task.objects.filter(stats.NOT_DONE).count()
        assert counts.late == Task.objects.filter(stats.late()).count()

    def test_is_nothing_where_there_is_nothing(self) -> None:
        assert stats.work_left() == []
        counts = stats.task_counts(person("Bo"))
        assert (counts.open, counts.late, counts.mine, counts.unassigned) == (0, 0, 0, 0)

    def test_what_is_due_today_is_late_tomorrow(self, web: Project) -> None:
        add(web, "Today", days=0)
        assert Task.objects.filter(stats.late()).count() == 0
        tomorrow = timezone.localdate() + timedelta(days=1)
        assert Task.objects.filter(stats.late(tomorrow)).count() == 1


class TestProgress:
    ENDS = (datetime(2026, 3, 2, tzinfo=TOKYO), datetime(2026, 3, 9, tzinfo=TOKYO))

    def test_says_what_there_was_and_what_was_done_at_each_end(self, web: Project) -> None:
        before = datetime(2026, 3, 1, 23, 30, tzinfo=TOKYO)
        done_at(web, before)
        done_at(web, datetime(2026, 3, 2, 0, 0, tzinfo=TOKYO), created=before)
        done_at(web, timezone.now(), created=datetime(2026, 3, 8, 14, 59, tzinfo=UTC))
        add(web, "Now", days=-1, estimate=Decimal("2.5"))
        (found,) = stats.progress_of([web], self.ENDS, with_time=False)
        assert found.scope == (2, 3, 4)
        assert found.done == (1, 2, 3)
        assert (found.late, found.hours, found.minutes) == (1, Decimal("2.5"), None)

    def test_keeps_the_order_and_has_the_empty_ones(self, web: Project) -> None:
        add(web, "One")
        empty = Project.objects.create(key="NEW", name="New")
        found = stats.progress_of([empty, web], self.ENDS, with_time=True)
        assert [one.project for one in found] == [empty, web]
        assert (found[0].scope[-1], found[0].minutes) == (0, 0)
        assert found[1].scope == (0, 0, 1)

    def test_adds_up_the_time_of_done_tasks_too(self, web: Project) -> None:
        bo = person("Bo")
        task = done_at(web, timezone.now())
        for minutes in (30, 45):
            TimeEntry.objects.create(task=task, person=bo, minutes=minutes)
        (found,) = stats.progress_of([web], self.ENDS, with_time=True)
        assert found.minutes == 75

    def test_is_of_the_projects_where_most_happens(self, web: Project) -> None:
        long_ago = timezone.now() - timedelta(days=400)
        quiet = Project.objects.create(key="OLD", name="Old")
        for _number in range(5):
            done_at(quiet, long_ago)
        busy = Project.objects.create(key="BUSY", name="Busy")
        add(busy, "Added")
        done_at(busy, timezone.now(), created=long_ago)
        add(web, "Added")
        since = timezone.now() - timedelta(weeks=12)
        assert stats.most_active_projects(2, since) == [busy, web]
        assert stats.most_active_projects(6, since) == [busy, web, quiet]
        for status in (ProjectStatus.PAUSED, ProjectStatus.DONE):
            Project.objects.filter(pk=busy.pk).update(status=status)
            assert stats.most_active_projects(2, since) == [web, quiet]


class TestMilestones:
    def milestone(self, web: Project, name: str, days: int | None, **fields: bool) -> Milestone:
        due_on = None if days is None else timezone.localdate() + timedelta(days=days)
        return Milestone.objects.create(project=web, name=name, due_on=due_on, **fields)

    def test_are_those_that_are_overdue_or_due_soon(self, web: Project) -> None:
        for name, days in (("last", 30), ("over", -5), ("beyond", 31), ("some day", None)):
            self.milestone(web, name, days)
        self.milestone(web, "reached", 1, is_reached=True)
        ahead = stats.milestones_ahead(timedelta(days=30), 8)
        assert [one.milestone.name for one in ahead] == ["over", "last"]
        assert [one.milestone.name for one in stats.milestones_ahead(timedelta(days=30), 1)] == [
            "over"
        ]
        Project.objects.update(status=ProjectStatus.PAUSED)
        assert stats.milestones_ahead(timedelta(days=30), 8) == []

    def test_say_how_much_of_them_is_done(self, web: Project) -> None:
        launch, empty = self.milestone(web, "launch", 1), self.milestone(web, "empty", 2)
        add(web, "left", milestone=launch)
        add(web, "done", milestone=launch, status=TaskStatus.DONE)
        numbers = {
            one.milestone: (one.done, one.total)
            for one in stats.milestones_ahead(timedelta(days=30), 8)
        }
        assert numbers == {launch: (1, 2), empty: (0, 0)}


def test_nobody_counts_all_tasks_to_see_whether_there_are_a_few(web: Project) -> None:
    assert stats.how_many_tasks(3) == 0
    for _number in range(5):
        add(web, "t")
    assert stats.how_many_tasks(3) == 3
    assert stats.how_many_tasks(9) == 5
