"""The first admin's way in."""

from __future__ import annotations

from django.conf import settings
from django_tenants.utils import schema_context

from console.accounts.links import sign_in_path
from console.accounts.models import User
from tenants.exceptions import NoDomain, NoFirstAdmin, NotProvisioned, PublicIsUntouchable
from tenants.models import Client
from tenants.operations.authorise import INVITE, require


def sign_in_link(client: Client, *, origin: str, acting_user: User | None) -> str:
    """A link with which the client's first admin sets a password and is signed in.

    ``origin`` is the address of the staff side, such as ``http://localhost:8000``: the link has
    its scheme and port. The link is good once and for ``PASSWORD_RESET_TIMEOUT`` seconds; it is a
    secret and is kept nowhere. Raises ``NotAllowed``, ``PublicIsUntouchable``,
    ``NotProvisioned``, ``NoDomain`` or ``NoFirstAdmin``.
    """
    require(acting_user, INVITE)
    if client.is_public:
        raise PublicIsUntouchable
    if not client.is_provisioned:
        raise NotProvisioned(client=client)
    domain = client.get_primary_domain()
    if domain is None:
        raise NoDomain(client=client)
    with schema_context(client.schema_name):
        user = User.objects.filter(email=client.admin_email, is_active=True).first()
    if user is None:
        raise NoFirstAdmin(client=client, email=client.admin_email)
    path = sign_in_path(
        user, schema=client.schema_name, host=domain.domain, urlconf=settings.ROOT_URLCONF
    )
    return f"{address(domain.domain, origin)}{path}"


def address(host: str, origin: str) -> str:
    """The origin of ``host``, reached as the staff side is: same scheme, same port."""
    scheme, _, rest = origin.partition("://")
    _, _, port = rest.partition(":")
    return f"{scheme}://{host}{':' + port if port else ''}"
