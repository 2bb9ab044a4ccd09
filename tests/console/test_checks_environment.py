"""System checks of the way to the database, and of the processes that serve the web."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.console.checking import numbers, said


class AnotherRouter:
    """One that has no opinion."""


class TestDatabase:
    def entry(self, settings: Any, monkeypatch: Any, **values: Any) -> None:
        """Change the entry in its place: Django's connections hold on to it."""
        for name, value in values.items():
            monkeypatch.setitem(settings.DATABASES["default"], name, value)

    @pytest.mark.parametrize(
        "engine", ["django_tenants.postgresql_backend", "django.db.backends.postgresql", "no.such"]
    )
    def test_has_the_engine_that_changes_roles(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch, engine: str
    ) -> None:
        self.entry(settings, monkeypatch, ENGINE=engine)
        assert numbers() == {"console.E301"}
        assert f"“{engine}”" in said("console.E301")

    def test_the_router_of_schemas_is_asked_first(self, settings: Any) -> None:
        another = f"{__name__}.AnotherRouter"
        settings.DATABASE_ROUTERS = [another, *settings.DATABASE_ROUTERS]
        assert numbers() == {"console.W302"}
        settings.DATABASE_ROUTERS = [*settings.DATABASE_ROUTERS[1:], another]
        assert numbers() == set()

    def test_no_pooler_lends_a_connection_for_one_transaction(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.entry(settings, monkeypatch, DISABLE_SERVER_SIDE_CURSORS=True)
        assert numbers() == {"console.W306"}

    def test_a_connection_ends(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entry(settings, monkeypatch, CONN_MAX_AGE=0)
        assert numbers() == set()
        self.entry(settings, monkeypatch, CONN_MAX_AGE=None)
        assert numbers() == {"console.W307"}


class TestLogins:
    OWNER = "postgresql://boss:s3cret@db.example/console"

    def urls(self, monkeypatch: pytest.MonkeyPatch, owner: str, web: str) -> None:
        monkeypatch.setenv("DATABASE_URL", owner)
        monkeypatch.setenv("WEB_DATABASE_URL", web)

    def test_are_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.urls(monkeypatch, self.OWNER, "postgresql://web:s3cret@pooler.example/console")
        assert numbers() == set()

    def test_one_for_both(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.urls(monkeypatch, self.OWNER, self.OWNER)
        assert numbers() == {"console.E304"}
        assert "s3cret" not in said("console.E304")

    def test_the_worker_knows_both(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.urls(monkeypatch, self.OWNER, "")
        assert numbers() == {"console.E303"}

    def test_web_does_not_know_the_owners(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.urls(monkeypatch, "", "postgresql://web@db.example/console")
        assert numbers() == set()

    def test_lead_to_one_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.urls(monkeypatch, self.OWNER, "postgresql://web:s3cret@db.example/another")
        assert numbers() == {"console.E305"}
        assert "s3cret" not in said("console.E305")


class TestProcesses:
    @pytest.mark.parametrize(
        "arguments",
        [
            "--threads 4",
            "--workers=2 --threads=2",
            "-k gthread",
            "-kgevent",
            "--worker-class uvicorn.workers.UvicornWorker",
        ],
    )
    def test_serve_one_request_at_a_time(
        self, monkeypatch: pytest.MonkeyPatch, arguments: str
    ) -> None:
        monkeypatch.setenv("GUNICORN_CMD_ARGS", arguments)
        assert numbers() == {"console.E501"}
        assert said("console.E501").startswith("GUNICORN_CMD_ARGS makes gunicorn")

    @pytest.mark.parametrize(
        "arguments", ["", "--workers 8", "--threads 1 -k sync", "--threads", "--bind 'unclosed"]
    )
    def test_may_be_many(self, monkeypatch: pytest.MonkeyPatch, arguments: str) -> None:
        monkeypatch.setenv("GUNICORN_CMD_ARGS", arguments)
        monkeypatch.setenv("WEB_CONCURRENCY", "8")
        assert numbers() == set()

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ("threads = 4", {"console.E501"}),
            ("worker_class = 'gthread'", {"console.E501"}),
            ("workers = 4\nthreads = 1", set()),
            ("not Python", set()),
        ],
    )
    def test_what_gunicorn_reads_in_its_folder_counts(
        self,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        lines: str,
        expected: set[str],
    ) -> None:
        (tmp_path / "gunicorn.conf.py").write_text(lines)
        monkeypatch.chdir(tmp_path)
        assert numbers() == expected

    def test_runserver_has_threads_unless_it_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "argv", ["manage.py", "runserver", "8000"])
        assert numbers() == {"console.W502"}
        monkeypatch.setattr(sys, "argv", ["manage.py", "runserver", "8000", "--nothreading"])
        assert numbers() == set()
