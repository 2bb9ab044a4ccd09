"""From the host to the client: which schema a request is in, before anything else is read."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.template.loader import render_to_string
from django.urls import set_urlconf

from console.postgres.exceptions import ScopeSwitchFailed
from tenants.models import Client

logger = logging.getLogger(__name__)

#: How long a browser is told to wait before it asks again for a tenant that is being made.
RETRY_AFTER_SECONDS = 30


class TenantMiddleware:
    """Puts the request into the schema of the client whose domain it came to.

    The public domain gets the staff's pages in ``public``. Any other known domain gets the
    tenant's pages in its schema, or 503 while there is no schema that is ready. An unknown host
    gets a plain 404. Neither answer names a client, and neither ever falls back to ``public``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The last request on this connection may have been a tenant's. It is not reset when a
        # response ends, for a streamed one is still being read then.
        connection.set_schema_to_public()
        try:
            host, port = split_domain_port(request.get_host())
        except DisallowedHost:
            return not_found(request)
        if settings.REDIRECT_LOOPBACK and is_loopback_address(host):
            origin = f"{request.scheme}://localhost{':' + port if port else ''}"
            response = HttpResponseRedirect(origin + request.get_full_path())
            response.status_code = 307  # same method, same body
            return response
        client = client_of(host)
        if client is None:
            return not_found(request)
        request.tenant = client
        if client.is_public:
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        elif client.is_provisioned and client.schema_exists and enter(client):
            request.urlconf = settings.ROOT_URLCONF
        else:
            return not_ready(request)
        set_urlconf(request.urlconf)
        return self.get_response(request)


def client_of(host: str) -> Client | None:
    """The client that the host belongs to, with ``schema_exists``; one query."""
    host = host.lower().removesuffix(".").removeprefix("www.")
    return Client.objects.with_schema_exists().filter(domains__domain=host).first()


def enter(client: Client) -> bool:
    """Put the connection into the client's schema; whether the database let it in."""
    connection.set_tenant(client)
    try:
        connection.enter_scope()
    except ScopeSwitchFailed:
        logger.exception("The schema %s has no role that web may become.", client.schema_name)
        connection.set_schema_to_public()
        return False
    return True


def is_loopback_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def not_found(request: HttpRequest) -> HttpResponse:
    return HttpResponse(render_to_string("console/unknown_host.html"), status=404)


def not_ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        render_to_string("console/not_ready.html"),
        status=503,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"},
    )


class RefuseNulMiddleware:
    """Answers 400 to a NUL character in an address or a cookie: PostgreSQL keeps it in no text.

    Forms refuse it by themselves; filters, searches and sessions hand it on to the database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        texts = (request.path_info, *request.COOKIES.values())
        if "%00" in request.META["QUERY_STRING"] or any("\x00" in text for text in texts):
            raise SuspiciousOperation("The address or a cookie has a NUL character.")
        return self.get_response(request)
