"""What the staff's side costs as clients become many: a list, and work that is asked for together.

Each is compared with itself: the list of 5,000 clients with that of a full page of them, and a
rollout with as many operations that are asked for one by one. Nothing is written for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction
from django.test import Client as Browser
from django.test.utils import override_settings

from benchmarks.report import Figure, take_turns
from console.accounts.models import User
from tenants.models import Client, OperationKind, Plan
from tenants.operations.platform import update_platform
from tenants.operations.request import request_operation
from tenants.operations.rollout import request_rollout

FEW, MANY = 100, 5_000
ROUNDS = 5
_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
LAST_PAGE = f"/tenants/client/?p={MANY // FEW}"


class _Undone(Exception):
    """Ends a block whose work is taken back."""


def measure(*, say: Callable[[str], None]) -> list[Figure]:
    """Seconds of a list's pages and of asking for operations"""
    update_platform(report=say)
    settings.STATIC_ROOT.mkdir()  # Empty: pages are made, and nobody looks at them.
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": _PLAIN}}):
        return [*_list(say), *_rollout(say)]


def _list(say: Callable[[str], None]) -> Iterator[Figure]:
    say(f"Measuring: the list of clients, {FEW} and {MANY}")
    user = User.objects.create_superuser("bench@console.example", "a-long-passphrase")
    browser = Browser(headers={"host": settings.CONSOLE_DOMAIN})
    browser.force_login(user)

    def seconds(path: str) -> float:
        def page() -> None:
            response = browser.get(path)
            if response.status_code != 200:
                raise RuntimeError(f"{path} answered {response.status_code}")

        return take_turns({path: page}, rounds=ROUNDS, times=3)[path] * 1000

    with _clients(FEW):
        few = seconds("/tenants/client/")
    with _clients(MANY):
        for name, path in (("first", "/tenants/client/"), ("last", LAST_PAGE)):
            value = seconds(path)
            yield Figure(
                f"{name} page of {MANY} clients",
                value,
                "ms",
                f"the only page of {FEW}",
                few,
                "at most 1.5x",
                value <= 1.5 * few,
            )


def _rollout(say: Callable[[str], None]) -> Iterator[Figure]:
    say(f"Measuring: {MANY} operations asked for")
    with _clients(MANY) as clients:

        def together() -> None:
            with _taken_back():
                request_rollout(clients, OperationKind.CREATE_SCHEMA, acting_user=None)

        def one_by_one() -> None:
            with _taken_back():
                for client in clients[:FEW]:
                    request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=None)

        found = take_turns({"together": together, "one by one": one_by_one}, rounds=ROUNDS, times=1)
    value, against = found["together"], found["one by one"] * MANY / FEW
    goal = "at most 0.25x, and a few seconds"
    met = value <= 0.25 * against and value < 5
    name = f"a rollout of {MANY} is asked for"
    yield Figure(name, value, "s", "one by one", against, goal, met)


@contextmanager
def _clients(count: int) -> Iterator[list[Client]]:
    """So many drafts, for as long as the block runs."""
    with _taken_back():
        plan = Plan.objects.create(code="team", name="Team")
        yield Client.objects.bulk_create(
            Client(
                schema_name=f"bench_{number}",
                name=f"Bench {number}",
                admin_name="Ada",
                admin_email="ada@example.com",
                plan=plan,
            )
            for number in range(count)
        )


@contextmanager
def _taken_back() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise _Undone
    except _Undone:
        pass
