"""Fixtures for the tests of clients and their tenants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages

from tenants.models import Client


@pytest.fixture(autouse=True)
def logos_folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where clients' logos are kept: a folder of the test's own."""
    folder = tmp_path / "logos"
    entry = {**settings.STORAGES["logos"], "OPTIONS": {"location": folder}}
    settings.STORAGES = {**settings.STORAGES, "logos": entry}
    # The column has asked for its storage once and for all.
    monkeypatch.setattr(Client._meta.get_field("logo"), "storage", storages["logos"])
    return folder
