"""Fixtures for the tests of clients and their tenants."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages

from console.accounts.models import User
from console.accounts.roles import StaffRole
from tenants.models import Client
from tests.conftest import with_role
from tests.role_lines import Scene
from tests.tenants.staff_scene import make_scene


@pytest.fixture(autouse=True)
def logos_folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where clients' logos are kept: a folder of the test's own."""
    folder = tmp_path / "logos"
    entry = {**settings.STORAGES["logos"], "OPTIONS": {"location": folder}}
    settings.STORAGES = {**settings.STORAGES, "logos": entry}
    # The column has asked for its storage once and for all.
    monkeypatch.setattr(Client._meta.get_field("logo"), "storage", storages["logos"])
    return folder


@pytest.fixture
def scene(db: None, logos_folder: Path) -> Scene:
    """Rows of every model of the staff's side, in every state that a button is for."""
    return make_scene()


@pytest.fixture
def person(db: None, outsider: User, operator: User) -> Callable[[str], User]:
    """Somebody with that role; the fixture `operator` is a superuser."""

    def person(name: str) -> User:
        if name == "anyone":
            return outsider
        if name == "superuser":
            return operator
        return with_role(f"{name}-here@console.example", StaffRole[name.upper()])

    return person
