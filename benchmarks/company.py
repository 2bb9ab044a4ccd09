"""What a company's own side costs as its tasks become many: its home page and its list of tasks.

Each page of a company with 100,000 tasks is compared with that of one with 100. Both have people
and projects enough to fill every part of the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection
from django.test import Client as Browser
from django.test.utils import override_settings
from django_tenants.utils import schema_context

from benchmarks.report import Figure, take_turns
from console.accounts.models import User
from console.postgres.contexts import owner_rights
from tenants.models import Client, Feature, OperationKind, Plan
from tenants.operations.clients import create_client
from tenants.operations.platform import update_platform
from tenants.operations.request import request_operation
from tenants.operations.run import run_to_the_end

ROUNDS = 7
_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
#: Each page, with how many times as long it may take for the large company.
PAGES = {"home page": ("/", 3.0), "first page of tasks": ("/tenant_data/task/", 3.0)}


@dataclass(frozen=True)
class Size:
    """How much a company has. One task in five is not done, one in two has time booked."""

    name: str
    tasks: int
    projects: int
    people: int


SMALL = Size("bench_small", 100, 10, 10)
LARGE = Size("bench_large", 100_000, 200, 50)

# Tasks were added evenly over the last three years, and done within a month, or are left.
_ROWS = """
INSERT INTO accounts_user
    (password, is_superuser, email, name, is_staff, is_active, date_joined, preferences)
SELECT %(password)s, false, 'p' || n || '@bench.example', 'Person ' || n, true, true, now(), '{}'
FROM generate_series(1, %(people)s) n;
INSERT INTO tenant_data_project
    (key, name, description, status, colour, created_at, due_on, last_number)
SELECT 'P' || n, 'Project ' || n, '', 'active', 'blue', now() - n * interval '1 day',
    current_date + n, %(tasks)s
FROM generate_series(1, %(projects)s) n;
INSERT INTO tenant_data_milestone (project_id, name, description, due_on, is_reached)
SELECT id, 'Milestone ' || n, '', current_date + (id %% 90)::int - 30, false
FROM tenant_data_project, generate_series(1, 3) n;
INSERT INTO tenant_data_task (project_id, number, title, description, status, priority, assignee_id,
    due_on, milestone_id, estimate, position, created_at, updated_at, done_at)
SELECT project.id, n, 'Task number ' || n, repeat('What there is to know about it. ', 8),
    CASE WHEN left_over THEN 'open' ELSE 'done' END, 1 + n %% 4,
    CASE WHEN n %% 7 > 0 THEN person.id END,
    (made.at + interval '40 days')::date,
    CASE WHEN n %% 11 = 0 THEN milestone.id END,
    CASE WHEN n %% 3 > 0 THEN n %% 16 END, 0, made.at, made.at,
    CASE WHEN NOT left_over THEN least(made.at + (n %% 30) * interval '1 day', now()) END
FROM generate_series(1, %(tasks)s) n
CROSS JOIN LATERAL (
    SELECT now() - (%(tasks)s - n) * (interval '1095 days' / %(tasks)s) AS at,
        n * 13 %% 59 %% 5 = 0 AS left_over) made
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM tenant_data_project) project
    ON project.place = n %% %(projects)s
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts_user) person
    ON person.place = n * 7 %% 53 %% %(people)s
JOIN tenant_data_milestone milestone
    ON milestone.project_id = project.id AND milestone.name = 'Milestone ' || (1 + n %% 3);
INSERT INTO tenant_data_timeentry (task_id, person_id, spent_on, minutes, note, created_at)
SELECT id, (SELECT min(id) FROM accounts_user), created_at::date, 30 + id %% 200, '', created_at
FROM tenant_data_task WHERE id %% 2 = 0;
INSERT INTO tenant_data_comment (task_id, author_id, text, created_at)
SELECT id, assignee_id, 'Something about it.', created_at FROM tenant_data_task WHERE id %% 2 = 0;
"""


def measure(*, say: Callable[[str], None]) -> list[Figure]:
    """Milliseconds of the pages"""
    update_platform(report=say)
    settings.STATIC_ROOT.mkdir()  # Empty: pages are made, and nobody looks at them.
    plan = Plan.objects.create(
        code="bench", name="Bench", max_tasks=1_000_000, features=[Feature.TIME_TRACKING]
    )
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": _PLAIN}}):
        small, large = (_company(size, plan, say) for size in (SMALL, LARGE))
        return [_figure(name, small, large, say) for name in PAGES]


def _figure(name: str, small: Browser, large: Browser, say: Callable[[str], None]) -> Figure:
    path, times_as_long = PAGES[name]
    say(f"Measuring: {name}")
    seconds = take_turns(
        {"small": _visit(small, path), "large": _visit(large, path)}, rounds=ROUNDS, times=3
    )
    value, against = seconds["large"] * 1000, seconds["small"] * 1000
    return Figure(
        f"{name}, {LARGE.tasks} tasks",
        value,
        "ms",
        f"{SMALL.tasks} tasks",
        against,
        f"at most {times_as_long:g}x",
        value <= times_as_long * against,
    )


def _visit(browser: Browser, path: str) -> Callable[[], None]:
    def visit() -> None:
        response = browser.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}")

    return visit


def _company(size: Size, plan: Plan, say: Callable[[str], None]) -> Browser:
    """The browser of the first admin of a new company of this size."""
    host = f"{size.name.replace('_', '-')}.localhost"
    client = create_client(
        schema_name=size.name,
        name=size.name,
        domain=host,
        admin_name="Ada",
        admin_email="ada@bench.example",
        plan=plan,
        acting_user=None,
    )
    operation = request_operation(
        client, OperationKind.CREATE_SCHEMA, acting_user=None, queued=False
    )
    run_to_the_end(operation)
    _fill(client, size)
    say(f"Made a company with {size.tasks} tasks.")
    browser = Browser(headers={"host": host})
    with schema_context(size.name):
        browser.force_login(User.objects.get(email="ada@bench.example"))
    return browser


def _fill(client: Client, size: Size) -> None:
    numbers = {"tasks": size.tasks, "projects": size.projects, "people": size.people}
    with schema_context(client.schema_name), owner_rights(), connection.cursor() as cursor:
        cursor.execute(_ROWS, {"password": UNUSABLE_PASSWORD_PREFIX, **numbers})
        # As autovacuum leaves tables in the end: the first freezes rows, young as they are; the
        # second notes that everybody sees them.
        for options in ("FREEZE", "ANALYZE"):
            for table in ("project", "milestone", "task", "timeentry", "comment"):
                cursor.execute(f"VACUUM ({options}) tenant_data_{table}")
