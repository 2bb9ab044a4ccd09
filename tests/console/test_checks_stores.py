"""System checks of what is kept beside the tables: sessions, messages, cache, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache.backends.base import default_key_func

from tests.console.checking import numbers, said


class TestSessions:
    @pytest.mark.parametrize("kind", ["cache", "cached_db", "file", "signed_cookies", "no_such"])
    def test_are_rows_of_the_schema(self, settings: Any, kind: str) -> None:
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{kind}"
        assert numbers() == {"console.E201"}
        assert kind in said("console.E201")

    @pytest.mark.parametrize("kind", ["cookie.CookieStorage", "fallback.FallbackStorage"])
    def test_have_the_messages(self, settings: Any, kind: str) -> None:
        settings.MESSAGE_STORAGE = f"django.contrib.messages.storage.{kind}"
        assert numbers() == {"console.W202"}


class TestCaches:
    @pytest.mark.parametrize("function", [None, "no.such.function", default_key_func])
    def test_have_the_schema_in_their_keys(self, settings: Any, function: Any) -> None:
        another = {**settings.CACHES["default"], "KEY_FUNCTION": function}
        settings.CACHES = {**settings.CACHES, "another": another}
        assert numbers() == {"console.E203"}
        assert "The cache “another”" in said("console.E203")

    def test_are_not_in_public(self, settings: Any) -> None:
        backend = "django.core.cache.backends.db.DatabaseCache"
        entry = {**settings.CACHES["default"], "BACKEND": backend, "LOCATION": "cache"}
        settings.CACHES = {"default": entry}
        assert numbers() == {"console.E204"}


class TestStorages:
    @pytest.mark.parametrize("alias", ["imports", "logos", "default"])
    def test_are_all_there(self, settings: Any, alias: str) -> None:
        entries = {name: entry for name, entry in settings.STORAGES.items() if name != alias}
        settings.STORAGES = entries
        assert f"STORAGES has no “{alias}”" in said("console.E205")

    @pytest.mark.parametrize("alias", ["default", "imports"])
    def test_have_a_folder_for_each_company(self, settings: Any, alias: str) -> None:
        entry = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
        settings.STORAGES = {**settings.STORAGES, alias: entry}
        assert "console.E206" in numbers()
        assert f"The storage “{alias}” keeps the files of all companies" in said("console.E206")

    def test_that_of_django_tenants_has_none_where_a_location_is_given(
        self, settings: Any, tmp_path: Path
    ) -> None:
        entry = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
        settings.STORAGES = {**settings.STORAGES, "default": entry}
        assert "console.E206" in numbers()

    def test_logos_are_the_platforms(self, settings: Any) -> None:
        settings.STORAGES = {**settings.STORAGES, "logos": settings.STORAGES["default"]}
        assert "console.E207" in numbers()


@pytest.mark.parametrize("what", ["IMPORT", "EXPORT"])
def test_import_and_export_need_a_right(settings: Any, what: str) -> None:
    setattr(settings, f"IMPORT_EXPORT_{what}_PERMISSION_CODE", None)
    assert numbers() == {"console.E208"}
