"""The way of a request: middleware, addresses, cookies; 101 to 109."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.urls import URLPattern, URLResolver, get_resolver
from django_tenants.middleware.main import TenantMainMiddleware

from console.checks.asking import TAG, found

#: What may stand before the tenant's: it reads no session, no user, no language, no database.
ASK_NOBODY = frozenset(
    {
        # It does ask the database: of "public", where it goes by itself.
        "console.health.HealthMiddleware",
        "console.protection.HeadersMiddleware",
        "csp.middleware.CSPMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.security.SecurityMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
    }
)
#: Where those come from that read one of these, and would read the last request's.
ASK_SOMEBODY = (
    "console.",
    "django.contrib.",
    "django.middleware.cache.",
    "django.middleware.csrf.",
    "django.middleware.locale.",
)


@register(TAG)
def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    """The request is in a schema before anything is read."""
    from console.middleware import TenantMiddleware

    kinds = {path: found(path) for path in settings.MIDDLEWARE}
    ours = [path for path, kind in kinds.items() if _is_a(kind, TenantMiddleware)]
    messages: list[CheckMessage] = [
        Error(
            f"MIDDLEWARE has “{path}”: it takes a client whose schema is gone to “public”, where "
            "the staff's passwords work.",
            hint="Use console.middleware.TenantMiddleware in its place.",
            id="console.E103",
        )
        for path, kind in kinds.items()
        if _is_a(kind, TenantMainMiddleware)
    ]
    if not ours:
        return [
            Error(
                "MIDDLEWARE has no TenantMiddleware: every host gets the same pages and schema.",
                hint="Add console.middleware.TenantMiddleware, before sessions and users.",
                id="console.E101",
            ),
            *messages,
        ]
    before = settings.MIDDLEWARE[: settings.MIDDLEWARE.index(ours[0])]
    return [*messages, *map(_too_early, (path for path in before if path not in ASK_NOBODY))]


def _is_a(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)


def _too_early(path: str) -> CheckMessage:
    hint = "Move TenantMiddleware up, to the first of those that read anything."
    if path.startswith(ASK_SOMEBODY):
        text = f"“{path}” stands before TenantMiddleware: it would work in no company's schema."
        return Error(text, hint=hint, id="console.E102")
    return Warning(
        f"“{path}” stands before TenantMiddleware: it must not read the database, the session or "
        "the user.",
        hint=f"{hint} Where it reads none of these, add console.W104 to SILENCED_SYSTEM_CHECKS.",
        id="console.W104",
    )


@register(TAG)
def check_addresses(**kwargs: Any) -> list[CheckMessage]:
    """Each side's addresses lead to that side's admin and to no other."""
    from console.sites import public_site, tenant_site

    sides = (
        ("PUBLIC_SCHEMA_URLCONF", "public_site", public_site),
        ("ROOT_URLCONF", "tenant_site", tenant_site),
    )
    messages: list[CheckMessage] = []
    for setting, name, site in sides:
        urlconf = getattr(settings, setting, None) or settings.ROOT_URLCONF
        sites = set(_admin_sites(get_resolver(urlconf).url_patterns))
        if sites != {site}:
            what = "leads to another admin than" if sites - {site} else "does not lead to"
            messages.append(
                Error(
                    f"{setting} ({urlconf}) {what} {name}: that side's people would get pages "
                    "that are not theirs, or none.",
                    hint=(
                        f"Give {setting} a module of its own, with “path('', {name}.urls)” and no "
                        "other admin."
                    ),
                    id="console.E105",
                )
            )
    return messages


def _admin_sites(patterns: list[URLPattern | URLResolver]) -> Iterator[Any]:
    """The admin site of every address that has one; Django notes it on the view."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _admin_sites(pattern.url_patterns)
        elif (site := getattr(pattern.callback, "admin_site", None)) is not None:
            yield site


@register(TAG)
def check_cookies(**kwargs: Any) -> list[CheckMessage]:
    """What a browser got from one company's host goes to that host alone."""
    messages: list[CheckMessage] = [
        Error(
            f"{setting} is “{getattr(settings, setting)}”: browsers would send the cookie to the "
            "hosts of other companies too.",
            hint=f"Take {setting} out of the settings: each host has cookies of its own.",
            id="console.E106",
        )
        for setting in ("SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN")
        if getattr(settings, setting)
    ]
    return messages + [
        Warning(
            f"CSRF_TRUSTED_ORIGINS has “{origin}”: the pages of one company could post to those "
            "of another, and to the staff's.",
            hint=(
                "Take it out. Behind a proxy that speaks TLS, set SECURE_PROXY_SSL_HEADER: then "
                "each host trusts itself."
            ),
            id="console.W107",
        )
        for origin in settings.CSRF_TRUSTED_ORIGINS
        if "*" in origin
    ]
