"""Fixtures for all tests: the database, the cast, and browsers' requests without a browser.

The cast: an operator, who is a superuser, and a viewer on the staff side; one of the staff for
each role (`staff_viewer`, `staff_operator`, `staff_manager`); an owner in each of the tenants
alpha and beta; and an outsider, who is staff without any right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import override_settings
from django.urls import set_urlconf
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import StaffRole
from tenants.models import Client
from tests import database
from tests.launcher import RunningConsole
from tests.processes import add_staff
from tests.quickly import (
    one_context_per_page,
    pytest_collection_finish,
    pytest_collection_modifyitems,
)
from tests.requests import Browser

__all__ = ["one_context_per_page", "pytest_collection_finish", "pytest_collection_modifyitems"]


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """The database with the schemas alpha and beta, made once by the same verbs as anywhere."""
    with django_db_blocker.unblock():
        name = database.use_new_database()
        database.make_tenants()
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        for each in (name, database.platform()):
            database.drop_database(each)


@pytest.fixture(autouse=True)
def _start_in_public() -> Iterator[None]:
    """Each test starts on the staff's side, whatever the one before it did."""
    connection.set_schema_to_public()
    set_urlconf(None)
    timezone.deactivate()  # A request on a company's host leaves the company's zone behind.
    cache.clear()
    yield
    connection.set_schema_to_public()


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder: WhiteNoise warns where there is none."""
    return tmp_path_factory.mktemp("static")


#: Quick to hash with.
HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def made_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One transaction around the tests of a module, each of which is a savepoint in it.

    What a fixture of the module's writes after this one is there for each of its tests, as it
    was at first, and gone after the last.
    """
    connection.set_schema_to_public()
    with (
        django_db_blocker.unblock(),
        override_settings(PASSWORD_HASHERS=HASHERS),
        transaction.atomic(),
    ):
        yield
        connection.set_schema_to_public()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _plain_settings(settings: Any, static_root: Path) -> None:
    """Pages are tested without `collectstatic`, and passwords are hashed quickly."""
    settings.STATIC_ROOT = static_root
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = HASHERS


@pytest.fixture(autouse=True)
def imports_folder(settings: Any, tmp_path: Path) -> Path:
    """Where uploaded files wait to be confirmed: a folder of the test's own."""
    folder = tmp_path / "imports"
    entry = {**settings.STORAGES["imports"], "OPTIONS": {"location": folder}}
    settings.STORAGES = {**settings.STORAGES, "imports": entry}
    return folder


@pytest.fixture
def alpha(db: None) -> Client:
    return Client.objects.get(schema_name="alpha")


@pytest.fixture
def beta(db: None) -> Client:
    return Client.objects.get(schema_name="beta")


@pytest.fixture
def draft(db: None) -> Client:
    """A client without a schema, gamma."""
    return database.make_client("gamma", ready=False)


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def operator(db: None) -> User:
    """Staff with every right."""
    return User.objects.create_superuser("olga@console.example", "operator-pw", name="Olga")


@pytest.fixture
def viewer(db: None) -> User:
    """Staff who may look at everything of the staff's side and change nothing."""
    user = User.objects.create_user("vera@console.example", "viewer-pw", name="Vera", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return user


def with_role(email: str, role: StaffRole) -> User:
    """Staff with the rights of a role, and no others."""
    user = User.objects.create_user(email, "staff-pw", is_staff=True)
    user.groups.set([role.value])
    return user


@pytest.fixture
def staff_viewer(db: None) -> User:
    return with_role("vic@console.example", StaffRole.VIEWER)


@pytest.fixture
def staff_operator(db: None) -> User:
    return with_role("oda@console.example", StaffRole.OPERATOR)


@pytest.fixture
def staff_manager(db: None) -> User:
    return with_role("max@console.example", StaffRole.MANAGER)


@pytest.fixture
def outsider(db: None) -> User:
    """Staff without any right."""
    return User.objects.create_user(
        "otto@console.example", "outsider-pw", name="Otto", is_staff=True
    )


@pytest.fixture
def owner(alpha: Client) -> User:
    """The first admin of alpha, who has set a password and was here a moment ago."""
    return _first_admin(alpha)


@pytest.fixture
def beta_owner(beta: Client) -> User:
    return _first_admin(beta)


def _first_admin(client: Client) -> User:
    with schema_context(client.schema_name):
        user = User.objects.get(email=client.admin_email)
        user.set_password("owner-pw")
        user.save()
    # Otherwise the first request of a test would note it, with queries of its own.
    Client.objects.filter(pk=client.pk).update(last_active_at=timezone.now())
    return user


@pytest.fixture
def staff_browser(db: None) -> Callable[..., Browser]:
    """``staff_browser(user)``: a browser on the console's own host."""

    def browser(user: User | None = None, **extra: Any) -> Browser:
        return Browser(settings.CONSOLE_DOMAIN, "public", user, **extra)

    return browser


@pytest.fixture
def browser(staff_browser: Callable[..., Browser], operator: User) -> Browser:
    """The operator's, on the console's own host."""
    return staff_browser(operator)


@pytest.fixture
def tenant_browser(db: None) -> Callable[..., Browser]:
    """``tenant_browser(client, user)``: a browser on a tenant's host."""

    def browser(client: Client, user: User | None = None, **extra: Any) -> Browser:
        return Browser(f"{client.schema_name}.localhost", client.schema_name, user, **extra)

    return browser


@pytest.fixture
def second(db: None) -> Iterator[Any]:
    """Another connection to the tests' database, in a transaction of its own."""
    with database.second_connection() as connection:
        yield connection


@pytest.fixture
def meanwhile(second: Any) -> Callable[..., Any]:
    """``meanwhile(act)``: what the test's own connection does while the second one, which has
    written already, commits as soon as somebody waits for it."""

    def run(act: Callable[[], Any]) -> Any:
        waited: list[bool] = []

        def commit_once_somebody_waits() -> None:
            for _try in range(200):
                waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                if second.execute(waiting).fetchone()[0]:
                    waited.append(True)
                    break
                second.execute("SELECT pg_sleep(0.01)")
            second.commit()

        thread = Thread(target=commit_once_somebody_waits)
        thread.start()
        try:
            return act()
        finally:
            thread.join()
            assert waited, "nobody had to wait"

    return run


@pytest.fixture
def web_login(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The default connection logs in as web, as in a process that serves requests."""
    with django_db_blocker.unblock(), database.web_login() as connection:
        yield connection


@pytest.fixture(scope="session")
def console() -> Iterator[RunningConsole]:
    """The whole console as `make run` starts it, empty but for one member of staff."""
    with RunningConsole(environ={"CONSOLE_DEMO": "0"}) as running:
        add_staff(running)
        yield running
