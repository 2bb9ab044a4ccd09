"""Headers that Django's own middleware does not know, or would send to those they do not suit."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

HSTS = "Strict-Transport-Security"


class HeadersMiddleware:
    """Adds Permissions-Policy, and lets Django speak of TLS for our own names alone. Belongs before
    Django's ``SecurityMiddleware``.

    A company may have a domain of its own, such as ``example.com``: whether everything *below* it
    is reached by TLS alone is not ours to tell browsers, for a year.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        if HSTS in response.headers and not is_ours(request):
            response.headers[HSTS] = response.headers[HSTS].partition(";")[0]
        return response


def is_ours(request: HttpRequest) -> bool:
    """Whether the request came to the console's domain or one below it."""
    try:
        host, _port = split_domain_port(request.get_host())
    except DisallowedHost:
        return False
    ours = settings.CONSOLE_DOMAIN.lower().removesuffix(".")
    host = host.lower().removesuffix(".")
    return host == ours or host.endswith(f".{ours}")
