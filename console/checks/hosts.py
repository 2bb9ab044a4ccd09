"""The names that lead here, as far as the settings tell; 111 to 119."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ValidationError
from django.http.request import validate_host

from console.checks.asking import TAG
from tenants.validators import normalize_hostname, validate_hostname


def what_is_wrong(host: str) -> str:
    """Why no request ever comes to a host of this spelling, in words; empty where one may."""
    if host != host.lower():
        return "Browsers ask for it in lower case."
    try:
        validate_hostname(host)
    except ValidationError as error:
        return " ".join(error.messages)
    return "" if host == normalize_hostname(host) else "It is not written as browsers ask for it."


def is_allowed(host: str) -> bool:
    """Whether Django lets requests to the host in."""
    hosts = settings.ALLOWED_HOSTS
    if settings.DEBUG and not hosts:  # As in HttpRequest.get_host.
        hosts = [".localhost", "127.0.0.1", "[::1]"]
    return validate_host(host, hosts)


@register(TAG)
def check_console_domain(**kwargs: Any) -> list[CheckMessage]:
    host = settings.CONSOLE_DOMAIN
    if reason := what_is_wrong(host):
        return [
            Error(
                f"CONSOLE_DOMAIN is “{host}”, which is no bare host name. {reason}",
                hint=(
                    "Give the name alone: no scheme, no port, no “www.”. On your own machine that "
                    "is “localhost”, not 127.0.0.1: an address has no names below it for clients."
                ),
                id="console.E111",
            )
        ]
    if not is_allowed(host):
        return [
            Error(
                f"ALLOWED_HOSTS does not have CONSOLE_DOMAIN, “{host}”: the staff's pages answer "
                "404.",
                hint="Leave it at ['*'], TenantMiddleware knows the hosts; or add the name.",
                id="console.E112",
            )
        ]
    if not is_allowed(f"any-client.{host}"):
        return [
            Warning(
                f"ALLOWED_HOSTS has no names below “{host}”: clients with an address there get "
                "404.",
                hint=f"Leave it at ['*'], TenantMiddleware knows the hosts; or add “.{host}”.",
                id="console.W113",
            )
        ]
    return []


@register(TAG)
def check_debug(**kwargs: Any) -> list[CheckMessage]:
    host = settings.CONSOLE_DOMAIN
    if not settings.DEBUG or host == "localhost" or host.endswith(".localhost"):
        return []
    return [
        Warning(
            f"DEBUG is on and the console is at “{host}”: a page that fails shows settings, SQL "
            "and rows, of other companies too, to whoever asked.",
            hint="Unset DEBUG: it is for “localhost” alone.",
            id="console.W114",
        )
    ]
