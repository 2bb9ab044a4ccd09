"""The doctor finds nothing in a console that is well, and each fault by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, connections
from django_tenants.postgresql_backend.base import DatabaseWrapper as StockWrapper
from unfold.sites import UnfoldAdminSite

from console.accounts.links import SignInTokens
from console.doctor import Finding, Verdict, bindings, boundaries, logins
from console.doctor import connections as reused
from console.doctor.web import as_web
from console.importing.storage import SchemaStorage
from console.postgres.contexts import owner_rights
from console.postgres.roles import role_for
from console.sites import TenantSite
from tenants.schemas.throw_away import thrown_away

Findings = dict[str, Finding]


@pytest.fixture(scope="module")
def pair(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[str]]:
    """Two schemas for trials, in nobody's transaction: the web login has to see them."""
    with django_db_blocker.unblock(), thrown_away(2) as names:
        yield names


@pytest.fixture
def tried(pair: list[str], django_db_blocker: Any) -> Iterator[Callable[[Any], Findings]]:
    """``tried(part)``: what a part of the doctor finds between the two, by name."""

    def run(part: Any) -> Findings:
        with as_web():
            return {finding.name: finding for finding in part(*pair)}

    with django_db_blocker.unblock():
        yield run


def failed(findings: Findings) -> set[str]:
    return {name for name, finding in findings.items() if finding.verdict != Verdict.OK}


@contextmanager
def granted(pair: list[str], *grants: str) -> Iterator[None]:
    """Rights that nobody should have, and that are taken away again."""
    database = connection.settings_dict["NAME"]
    names = {
        "here": pair[0],
        "there": pair[1],
        "database": f'"{database}"',
        "tenant": f'"{role_for(database, pair[0])}"',
        "web": "console_web",
    }

    def run(template: str, **words: str) -> None:
        with owner_rights("public"), connection.cursor() as cursor:
            cursor.execute(template.format(**names, **words))

    with ExitStack() as undo:
        for grant in grants:
            undo.callback(run, "REVOKE " + grant, to="FROM")
            run("GRANT " + grant, to="TO")
        yield


def test_a_console_that_is_well_has_nothing(tried: Callable[[Any], Findings]) -> None:
    for part in (boundaries.boundaries, reused.leftovers, bindings.bindings):
        findings = tried(part)
        assert failed(findings) == set()
        assert all(finding.seen and not finding.to_do for finding in findings.values())


FAULTS = {
    "boundary.read": (
        "USAGE ON SCHEMA {there} {to} {tenant}",
        "SELECT ON {there}.accounts_user {to} {tenant}",
    ),
    "boundary.write": (
        "USAGE ON SCHEMA {there} {to} PUBLIC",
        "DELETE ON {there}.accounts_user {to} PUBLIC",
    ),
    "boundary.ddl": ("CREATE ON SCHEMA {here} {to} {tenant}",),
    "boundary.public": (
        "USAGE ON SCHEMA public {to} {tenant}",
        "SELECT ON public.tenants_client {to} {tenant}",
    ),
    "boundary.from_public": (
        "USAGE ON SCHEMA {here} {to} {web}",
        "SELECT ON {here}.accounts_user {to} {web}",
    ),
    "boundary.kept": ("UPDATE ON public.tenants_schematemplate {to} {web}",),
    "boundary.temporary": ("TEMPORARY ON DATABASE {database} {to} PUBLIC",),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_right_too_much_is_found(
    name: str, tried: Callable[[Any], Findings], pair: list[str]
) -> None:
    with granted(pair, *FAULTS[name]):
        findings = tried(boundaries.boundaries)
    assert failed(findings) == {name}
    assert "it was done" in findings[name].seen
    assert "sync_roles" in findings[name].to_do


def test_rights_that_are_missing_are_found(
    tried: Callable[[Any], Findings], pair: list[str]
) -> None:
    database = connection.settings_dict["NAME"]
    right = f'USAGE ON SCHEMA {pair[0]} {{}} "{role_for(database, pair[0])}"'
    with owner_rights("public"), connection.cursor() as cursor:
        cursor.execute("REVOKE " + right.format("FROM"))
    try:
        findings = tried(boundaries.boundaries)
    finally:
        with owner_rights("public"), connection.cursor() as cursor:
            cursor.execute("GRANT " + right.format("TO"))
    assert "boundary.own_work" in failed(findings)


def test_another_engine_is_found(tried: Callable[[Any], Findings]) -> None:
    """django-tenants' own sets the search path alone."""
    owner = connections["default"]
    connections["default"] = StockWrapper(owner.settings_dict, "default")
    try:
        at_boundaries, left_over = tried(boundaries.boundaries), tried(reused.leftovers)
    finally:
        connections["default"].close()
        connections["default"] = owner
    assert "boundary.own_work" in failed(at_boundaries)
    assert failed(left_over) == {"connection.leftovers"}
    assert "console.postgres.backend" in left_over["connection.leftovers"].to_do


class TestBindings:
    def found(self, tried: Callable[[Any], Findings], name: str) -> str:
        findings = tried(bindings.bindings)
        assert failed(findings) == {name}
        return findings[name].seen

    def test_a_cache_that_tenants_share_is_found(
        self, tried: Callable[[Any], Findings], settings: Any
    ) -> None:
        backend = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "d"}
        settings.CACHES = {"default": backend}
        assert "cache default, public" in self.found(tried, "bound.cache")

    @pytest.mark.parametrize("engine", ["file", "signed_cookies"])
    def test_sessions_outside_the_schema_are_found(
        self, tried: Callable[[Any], Findings], settings: Any, tmp_path: Any, engine: str
    ) -> None:
        settings.SESSION_FILE_PATH = str(tmp_path)
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
        assert "public" in self.found(tried, "bound.sessions")

    @pytest.mark.parametrize("alias", bindings.STORAGES_OF_TENANTS)
    def test_a_storage_that_tenants_share_is_found(
        self, tried: Callable[[Any], Findings], settings: Any, tmp_path: Any, alias: str
    ) -> None:
        plain = {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        }
        settings.STORAGES = {**settings.STORAGES, alias: plain}
        assert f"storage {alias}, public" in self.found(tried, "bound.files")

    def test_a_link_that_is_good_for_two_tenants_is_found(
        self, tried: Callable[[Any], Findings], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain = PasswordResetTokenGenerator._make_hash_value
        monkeypatch.setattr(SignInTokens, "_make_hash_value", plain)
        assert "a sign-in link, public" in self.found(tried, "bound.tokens")

    def test_a_search_that_tenants_share_is_found(
        self, tried: Callable[[Any], Findings], monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        """Unfold's own keeps its answers under the user's number and the term."""
        backend = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "p"}
        settings.CACHES = {"default": backend}
        monkeypatch.setattr(TenantSite, "search", UnfoldAdminSite.search)
        assert "bound.palette" in failed(tried(bindings.bindings))

    @pytest.mark.parametrize(
        ("name", "broken"),
        [
            ("bound.sessions", (SessionStore, "load", lambda *args: {})),
            ("bound.files", (SchemaStorage, "exists", lambda *args: False)),
            ("bound.tokens", (SignInTokens, "check_token", lambda *args: False)),
            ("bound.palette", (bindings, "_search", lambda *args: [])),
        ],
    )
    def test_what_works_nowhere_is_not_called_well(
        self,
        name: str,
        broken: tuple[Any, str, Any],
        tried: Callable[[Any], Findings],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(*broken)
        assert "not even there where it belongs" in self.found(tried, name)


def test_one_login_for_web_and_worker_is_found(db: None, settings: Any) -> None:
    settings.WEB_ROLE = settings.OWNER_ROLE
    findings = {finding.name: finding for finding in logins.logins()}
    assert "login.two" in failed(findings)
    # The owner may make roles and databases, which web must not.
    assert "CREATEROLE" in findings["login.web"].seen


def test_the_two_logins_of_a_console_are_well(db: None) -> None:
    assert failed({finding.name: finding for finding in [*logins.logins(), *logins.server()]}) == (
        set()
    )
