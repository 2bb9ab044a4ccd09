"""Fixtures for the tests of clients and their tenants."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import storages
from django.test import override_settings

from console.accounts.models import User
from console.accounts.roles import StaffRole
from tenants.models import Client
from tests.conftest import Browser, with_role
from tests.role_lines import Scene
from tests.tenants.staff_lines import STAFF
from tests.tenants.staff_scene import make_scene


@contextmanager
def logos_in(folder: Path) -> Iterator[None]:
    entry = {**django_settings.STORAGES["logos"], "OPTIONS": {"location": folder}}
    with (
        override_settings(STORAGES={**django_settings.STORAGES, "logos": entry}),
        pytest.MonkeyPatch.context() as patch,
    ):
        # The column has asked for its storage once and for all.
        patch.setattr(Client._meta.get_field("logo"), "storage", storages["logos"])
        yield


@pytest.fixture(autouse=True)
def logos_folder(imports_folder: Path, tmp_path: Path) -> Iterator[Path]:
    """Where clients' logos are kept: a folder of the test's own."""
    folder = tmp_path / "logos"
    with logos_in(folder):
        yield folder


@dataclass(frozen=True)
class Office:
    """The staff's side as it is for each test of a module."""

    people: dict[str, User]
    scene: Scene
    logos: Path
    #: One for each of the people, in which they have signed in.
    browsers: dict[int, Browser]


@pytest.fixture(scope="module")
def office(made_once: None, tmp_path_factory: pytest.TempPathFactory) -> Office:
    logos = tmp_path_factory.mktemp("logos")
    with logos_in(logos):
        scene = make_scene()
    people = {who: _one_of_the_cast(who) for who in STAFF.cast}
    host = django_settings.CONSOLE_DOMAIN
    browsers = {user.pk: Browser(host, "public", user) for user in people.values()}
    return Office(people, scene, logos, browsers)


def _one_of_the_cast(who: str) -> User:
    email = f"{who}-here@console.example"
    if who == "anyone":
        return User.objects.create_user(email, "staff-pw", is_staff=True)
    if who == "superuser":
        return User.objects.create_superuser(email, "staff-pw")
    return with_role(email, StaffRole[who.upper()])


@pytest.fixture
def scene(office: Office, logos_folder: Path, db: None) -> Scene:
    """Rows of every model of the staff's side, in every state that a button is for."""
    shutil.copytree(office.logos, logos_folder)
    return office.scene


@pytest.fixture
def people(office: Office, db: None) -> dict[str, User]:
    """Somebody for each role, a superuser, and ``anyone``, who has no right."""
    found = User.objects.in_bulk([user.pk for user in office.people.values()])
    return {who: found[user.pk] for who, user in office.people.items()}


@pytest.fixture
def browser_of(office: Office) -> Callable[[User], Browser]:
    """``browser_of(user)``: a browser of one of the people."""
    return lambda user: office.browsers[user.pk].another()
