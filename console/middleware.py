"""From the host to the client: which schema a request is in, before anything else is read; and
what follows from the client: its language, its time zone, and that it is in use."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.middleware.locale import LocaleMiddleware
from django.template.loader import render_to_string
from django.urls import set_urlconf
from django.utils import timezone, translation

from console.postgres.exceptions import ScopeSwitchFailed
from tenants.models import Client, Domain
from tenants.operations.activity import is_due, note_activity
from tenants.operations.versions import is_behind

logger = logging.getLogger(__name__)

#: How long a browser is told to wait before it asks again for a tenant that is being made, or
#: brought up to date.
RETRY_AFTER_SECONDS = 30
#: The same for one that is suspended: until people have spoken to each other.
SUSPENDED_RETRY_AFTER_SECONDS = 60 * 60


class TenantMiddleware:
    """Puts the request into the schema of the client whose domain it came to.

    The public domain gets the staff's pages in ``public``. Any other known domain gets the
    tenant's pages in its schema, or 503 while the client is suspended, or has no schema that is
    ready and not behind the code (with ``SERVE_BEHIND``, one that is behind is served as far as
    its pages work). An unknown host gets a plain 404, and so does that of an
    archived client. None of these answers names a client, and none ever falls back to ``public``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The last request on this connection may have been a tenant's. It is not reset when a
        # response ends, for a streamed one is still being read then.
        connection.set_schema_to_public()
        timezone.deactivate()
        try:
            host, port = split_domain_port(request.get_host())
        except DisallowedHost:
            return not_found(request)
        if settings.REDIRECT_LOOPBACK and is_loopback_address(host):
            return redirect(request, "localhost", port)
        host = plain_host(host)
        client = client_of(host)
        if client is None or client.is_archived:
            return not_found(request)
        request.tenant = client
        behind = False
        if client.is_public:
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        else:
            if client.is_suspended:
                return suspended(client)
            if client.redirect_to_primary and (primary := primary_host(client)) not in ("", host):
                return redirect(request, primary, port)
            if not (client.is_provisioned and client.schema_exists):
                return not_ready(client)
            if (behind := is_behind(client)) and not settings.SERVE_BEHIND:
                return being_updated(client)
            if not enter(client):
                return not_ready(client)
            activate_time_zone(client)
            request.urlconf = settings.ROOT_URLCONF
        set_urlconf(request.urlconf)
        response = self.get_response(request)
        if behind and response.status_code == 500:
            # The page asks for what the schema does not have yet; the log says for what.
            return being_updated(client)
        return response


def plain_host(host: str) -> str:
    """The host, as Django has read it, as domains are written down."""
    return host.removeprefix("www.")


def client_of(host: str) -> Client | None:
    """The client that the host belongs to, with its plan and ``schema_exists``; one query."""
    clients = Client.objects.with_schema_exists().select_related("plan")
    # A host is one client's alone, so there is nothing to sort.
    return next(iter(clients.filter(domains__domain=host).order_by()), None)


def primary_host(client: Client) -> str:
    """The client's primary domain, or an empty text where it has none; one query."""
    primary = Domain.objects.filter(tenant=client, is_primary=True)
    return primary.values_list("domain", flat=True).first() or ""


def activate_time_zone(client: Client) -> None:
    try:
        timezone.activate(client.time_zone)
    except (KeyError, ValueError):
        logger.warning("%s has an unknown time zone: %s.", client.schema_name, client.time_zone)


def language_of(client: Client) -> str:
    """The client's language, or that of the settings where it is not offered any more."""
    try:
        return translation.get_supported_language_variant(client.language)
    except LookupError:
        return settings.LANGUAGE_CODE


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


def redirect(request: HttpRequest, host: str, port: str) -> HttpResponse:
    """To the same address on another host: same scheme, port, path, query, method and body."""
    origin = f"{request.scheme}://{host}{':' + port if port else ''}"
    response = HttpResponseRedirect(origin + request.get_full_path())
    response.status_code = 307
    return response


def not_found(request: HttpRequest) -> HttpResponse:
    with translation.override(translation.get_language_from_request(request)):
        return HttpResponse(render_to_string("console/unknown_host.html"), status=404)


def not_ready(client: Client) -> HttpResponse:
    return _closed(client, "console/not_ready.html", RETRY_AFTER_SECONDS)


def being_updated(client: Client) -> HttpResponse:
    return _closed(client, "console/being_updated.html", RETRY_AFTER_SECONDS)


def suspended(client: Client) -> HttpResponse:
    return _closed(client, "console/suspended.html", SUSPENDED_RETRY_AFTER_SECONDS)


def _closed(client: Client, template: str, retry_after: int) -> HttpResponse:
    with translation.override(language_of(client)):
        page = render_to_string(template)
    return HttpResponse(
        page,
        status=503,
        headers={"Retry-After": str(retry_after), "Cache-Control": "no-store"},
    )


class ClientLocaleMiddleware(LocaleMiddleware):
    """On the staff's side the browser's language; a tenant's pages have their client's."""

    def process_request(self, request: HttpRequest) -> None:
        if request.tenant.is_public:
            super().process_request(request)
        else:
            translation.activate(language_of(request.tenant))
            request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.tenant.is_public:
            return super().process_response(request, response)
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


class ActivityMiddleware:
    """Notes that a tenant is in use, once in a while, when somebody signed in asks for a page.

    Belongs after Django's authentication. Who asks is looked up only when a note is due.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        client = request.tenant
        if not client.is_public and is_due(client) and request.user.is_authenticated:
            note_activity(client)
        return response


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
