"""The admins of a tenant: who they are, one more, and their way in.

A link with which an admin sets a password is a secret. It is handed to whoever asked, or put into
a mail, and is in no log, no history, no job and no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from console.accounts.admins import admins, create_owner
from console.accounts.links import sign_in_path
from console.accounts.models import User
from console.accounts.roles import TenantRole
from console.history.acting import acting_as
from console.history.record import record_event
from tenants.exceptions import (
    AdminExists,
    MailNotSent,
    NoDomain,
    NoSuchAdmin,
    NotProvisioned,
    PagesClosed,
    PublicIsUntouchable,
    SchemaSilent,
    TenantError,
    UserIsInactive,
    UserIsNoAdmin,
)
from tenants.history import ClientEvent
from tenants.models import Client
from tenants.operations.authorise import INVITE, require
from tenants.operations.invitation_mail import refuse_without_mail, send_invitation
from tenants.schemas.ask import ask, impatiently

#: How many of a tenant's admins are listed.
LISTED = 50


@dataclass(frozen=True, slots=True)
class TenantAdmin:
    """An active admin of a tenant, as the staff see them."""

    name: str
    email: str
    has_password: bool
    last_login: datetime | None


def tenant_admins(client: Client) -> list[TenantAdmin] | None:
    """The first admins by address, or ``None`` where the schema does not answer."""
    users = ask(client.schema_name, lambda: list(_admins().order_by("email")[:LISTED]))
    if users is None:
        return None
    return [
        TenantAdmin(user.name, user.email, user.has_usable_password(), user.last_login)
        for user in users
    ]


def add_tenant_admin(client: Client, *, name: str, email: str, acting_user: User | None) -> User:
    """Add an owner to the client's tenant, who has no password until they set one.

    Raises ``NotAllowed``, what ``admin_hindrance`` names, ``SchemaSilent``, and where the tenant
    has a user with this address ``AdminExists``, ``UserIsNoAdmin`` or ``UserIsInactive``.
    """
    require(acting_user, INVITE)
    if refusal := admin_hindrance(client):
        raise refusal
    email = User.objects.normalize_email(email)
    with transaction.atomic(), acting_as(acting_user):
        with impatiently(client.schema_name):
            _refuse_double(client, email)
            try:
                with transaction.atomic():
                    user = create_owner(email, name=name)
            except IntegrityError as exc:  # Somebody was quicker.
                raise AdminExists(client=client, email=email) from exc
            except Group.DoesNotExist as exc:  # The schema is behind: it has no roles yet.
                raise SchemaSilent(schema=client.schema_name) from exc
        record_event(client, ClientEvent.TENANT_ADMIN_ADDED, email=email)
    return user


def sign_in_link(
    client: Client, *, origin: str, acting_user: User | None, email: str | None = None
) -> str:
    """A link with which an admin of the client sets a password and is signed in: the one with
    this address, or the first admin.

    ``origin`` is the address of the staff side, such as ``http://localhost:8000``: the link has
    its scheme and port. The link is good once and for ``PASSWORD_RESET_TIMEOUT`` seconds. It is
    written down that it was shown, and to whom. Raises ``NotAllowed``, what ``link_hindrance``
    names, ``SchemaSilent``, and ``NoSuchAdmin``.
    """
    user = find_admin(client, email=email, acting_user=acting_user)
    with acting_as(acting_user):
        record_event(client, ClientEvent.SIGN_IN_LINK_SHOWN, email=user.email)
    return _link(client, user, origin)


def mail_sign_in_link(
    client: Client, *, origin: str, acting_user: User | None, email: str | None = None
) -> str:
    """Send an admin such a link in the client's language; returns the address it was sent to.

    Waits for the mail server to take it: a job would have to hold the link. That it is being sent
    is committed before the server is spoken to, so no link is on its way without a trace; what
    came of it is written down after. So this must not be called in a transaction. Raises what
    ``sign_in_link`` raises, ``MailNotSet``, and ``MailNotSent``.
    """
    refuse_without_mail()
    user = find_admin(client, email=email, acting_user=acting_user)
    link = _link(client, user, origin)
    with acting_as(acting_user):
        with transaction.atomic(durable=True):
            record_event(client, ClientEvent.SIGN_IN_LINK_BEING_SENT, email=user.email)
        try:
            send_invitation(client, user, link)
        except MailNotSent:
            record_event(client, ClientEvent.SIGN_IN_LINK_NOT_SENT, email=user.email)
            raise
        record_event(client, ClientEvent.SIGN_IN_LINK_SENT, email=user.email)
    return str(user.email)


def find_admin(client: Client, *, email: str | None, acting_user: User | None) -> User:
    """The active admin with this address, or the first admin, to whom a link can be given.

    Raises as ``sign_in_link`` does.
    """
    require(acting_user, INVITE)
    if refusal := link_hindrance(client):
        raise refusal
    email = User.objects.normalize_email(email or client.admin_email)
    users = ask(client.schema_name, lambda: list(_admins().filter(email=email)))
    if users is None:
        raise SchemaSilent(schema=client.schema_name)
    if not users:
        raise NoSuchAdmin(client=client, email=email)
    return users[0]


def admin_hindrance(client: Client) -> TenantError | None:
    """Why the client's tenant can be given no admin as it is, or ``None``."""
    if client.is_public:
        return PublicIsUntouchable()
    if not client.is_provisioned:
        return NotProvisioned(client=client)
    if client.is_suspended or client.is_archived:
        return PagesClosed(client=client, status=client.get_status_display())
    return None


def link_hindrance(client: Client) -> TenantError | None:
    """Why there can be no link into the client's pages as they are, or ``None``."""
    if refusal := admin_hindrance(client):
        return refusal
    return None if client.domains.filter(is_primary=True).exists() else NoDomain(client=client)


def address(host: str, origin: str) -> str:
    """The origin of ``host``, reached as the staff side is: same scheme, same port."""
    scheme, _, rest = origin.partition("://")
    _, _, port = rest.partition(":")
    return f"{scheme}://{host}{':' + port if port else ''}"


def _admins() -> QuerySet[User]:
    """Owners, and superusers where somebody made one in a terminal."""
    return admins(TenantRole)


def _refuse_double(client: Client, email: str) -> None:
    user = User.objects.filter(email=email).first()
    if user is None:
        return
    if not user.is_active:
        raise UserIsInactive(client=client, email=email)
    if not _admins().filter(pk=user.pk).exists():
        raise UserIsNoAdmin(client=client, email=email)
    raise AdminExists(client=client, email=email)


def _link(client: Client, user: User, origin: str) -> str:
    domain = client.get_primary_domain()
    if domain is None:
        raise NoDomain(client=client)
    path = sign_in_path(
        user, schema=client.schema_name, host=domain.domain, urlconf=settings.ROOT_URLCONF
    )
    return f"{address(domain.domain, origin)}{path}"
