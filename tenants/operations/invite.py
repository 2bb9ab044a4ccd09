"""The first admin's way in."""

from __future__ import annotations

from django.conf import settings
from django_tenants.utils import schema_context

from console.accounts.links import sign_in_path
from console.accounts.models import User
from tenants.exceptions import (
    NoDomain,
    NoFirstAdmin,
    NotProvisioned,
    PagesClosed,
    PublicIsUntouchable,
    TenantError,
)
from tenants.models import Client
from tenants.operations.authorise import INVITE, require


def sign_in_link(client: Client, *, origin: str, acting_user: User | None) -> str:
    """A link with which the client's first admin sets a password and is signed in.

    ``origin`` is the address of the staff side, such as ``http://localhost:8000``: the link has
    its scheme and port. The link is good once and for ``PASSWORD_RESET_TIMEOUT`` seconds; it is a
    secret and is kept nowhere. Raises ``NotAllowed``, what ``link_hindrance`` names, and
    ``NoFirstAdmin``.
    """
    require(acting_user, INVITE)
    if refusal := link_hindrance(client):
        raise refusal
    domain = client.get_primary_domain()
    with schema_context(client.schema_name):
        user = User.objects.filter(email=client.admin_email, is_active=True).first()
    if user is None:
        raise NoFirstAdmin(client=client, email=client.admin_email)
    path = sign_in_path(
        user, schema=client.schema_name, host=domain.domain, urlconf=settings.ROOT_URLCONF
    )
    return f"{address(domain.domain, origin)}{path}"


def link_hindrance(client: Client) -> TenantError | None:
    """Why there can be no link into the client's pages as they are, or ``None``."""
    if client.is_public:
        return PublicIsUntouchable()
    if not client.is_provisioned:
        return NotProvisioned(client=client)
    if client.is_suspended or client.is_archived:
        return PagesClosed(client=client, status=client.get_status_display())
    return None if client.domains.filter(is_primary=True).exists() else NoDomain(client=client)


def address(host: str, origin: str) -> str:
    """The origin of ``host``, reached as the staff side is: same scheme, same port."""
    scheme, _, rest = origin.partition("://")
    _, _, port = rest.partition(":")
    return f"{scheme}://{host}{':' + port if port else ''}"
