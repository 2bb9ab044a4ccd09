"""What is not SQL and has to belong to one tenant all the same."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import RequestFactory
from django_tenants.utils import schema_context

from console.accounts.links import SignInTokens
from console.accounts.models import User
from console.doctor.findings import Finding, Verdict, found
from console.sites import tenant_site

#: Files of these are a tenant's own. Static files and the clients' logos are for anybody.
STORAGES_OF_TENANTS = ("default", "imports")
_KEY = "console.doctor"


def bindings(here: str, there: str) -> Iterator[Finding]:
    """Taken from one tenant to another, and to the console's own side; runs as the web login."""
    others = (there, "public")
    yield _report(
        "bound.cache",
        "Keep something in the cache, and ask for it elsewhere.",
        _leaks_of_cache(here, others),
        "Set the KEY_FUNCTION of every cache to django_tenants.cache.make_key.",
    )
    yield _report(
        "bound.sessions",
        "Take a session elsewhere.",
        _leaks_of_sessions(here, others),
        "Set SESSION_ENGINE to django.contrib.sessions.backends.db, whose table every schema has.",
    )
    yield _report(
        "bound.files",
        "Store a file, and read it elsewhere.",
        _leaks_of_files(here, others),
        "Set STORAGES to ones that are per schema (django_tenants.files.storage, "
        "console.importing.storage.SchemaStorage).",
    )
    yield _report(
        "bound.tokens",
        "Use a sign-in link elsewhere.",
        _leaks_of_tokens(here, others),
        "Links must carry the schema: see console.accounts.links.",
    )
    yield _report(
        "bound.palette",
        "Search for the same twice, as users of the same number in two tenants.",
        _leaks_of_palette(here, there),
        "The search must not be answered from a cache that tenants share.",
    )


def _report(name: str, tried: str, leaks: list[str] | None, to_do: str) -> Finding:
    """``leaks`` is ``None`` where it was not to be had in its own tenant either: then that others
    do not have it says nothing."""
    if leaks is None:
        seen = "It was not even there where it belongs, which says nothing of elsewhere."
        to_do = "Mend that first: it does not work in any tenant, and the log may say why."
        return Finding(name, tried, seen, Verdict.FAILED, to_do)
    seen = f"It was there: {'; '.join(leaks)}." if leaks else "It was not there."
    return found(name, tried, seen, fine=not leaks, to_do=to_do)


def _leaks_of_cache(here: str, others: tuple[str, ...]) -> list[str]:
    leaks = []
    for alias in settings.CACHES:
        cache = caches[alias]
        with schema_context(here):
            cache.set(_KEY, here, timeout=60)
        for other in others:
            with schema_context(other):
                if cache.get(_KEY) == here:
                    leaks.append(f"cache {alias}, {other}")
        with schema_context(here):
            cache.delete(_KEY)
    return leaks


def _leaks_of_sessions(here: str, others: tuple[str, ...]) -> list[str] | None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    with schema_context(here):
        session = store()
        session[_KEY] = here
        session.save()
    leaks = []
    for other in others:
        with schema_context(other):
            if store(session.session_key).load().get(_KEY) == here:
                leaks.append(other)
    with schema_context(here):
        is_kept = store(session.session_key).load().get(_KEY) == here
        session.delete()
    return leaks if is_kept else None


def _leaks_of_files(here: str, others: tuple[str, ...]) -> list[str] | None:
    leaks = []
    are_kept = True
    for alias in STORAGES_OF_TENANTS:
        storage = storages[alias]
        with schema_context(here):
            name = storage.save(f"{_KEY}.{secrets.token_hex(8)}", ContentFile(here.encode()))
        for other in others:
            with schema_context(other):
                if storage.exists(name):
                    leaks.append(f"storage {alias}, {other}")
        with schema_context(here):
            are_kept = are_kept and storage.exists(name)
            storage.delete(name)
    return leaks if are_kept else None


def _leaks_of_tokens(here: str, others: tuple[str, ...]) -> list[str] | None:
    """All that two users can have in common, they have: number, address, password."""
    user = User(pk=1, email="same@example.com", is_superuser=True)
    host = "same.example.com"
    link = SignInTokens(schema=here, host=host).make_token(user)
    leaks = [
        f"a sign-in link, {schema}"
        for schema in (here, *others)
        if SignInTokens(schema=schema, host=host).check_token(user, link)
    ]
    return leaks[1:] if leaks[:1] == [f"a sign-in link, {here}"] else None


def _leaks_of_palette(here: str, there: str) -> list[str] | None:
    word = f"doctor{secrets.token_hex(8)}"
    model = apps.get_model(tenant_site.searched_models[-1])
    with schema_context(here):
        row = model.objects.create(name=word)
        own = _search(here, word)
    with schema_context(there):
        leaks = [f"{there}: {title}" for title in _search(there, word)]
    with schema_context(here):
        row.delete()
    return leaks if own else None


def _search(schema: str, word: str) -> list[str]:
    request: Any = RequestFactory().get("/search/", {"s": word})
    request.user = User(pk=1, email="same@example.com", is_superuser=True, is_staff=True)
    request.tenant = SimpleNamespace(schema_name=schema, is_public=False, plan=None)
    request.urlconf = settings.ROOT_URLCONF
    response = tenant_site.search(request)
    return [str(result.title) for result in response.context_data["results"]]
