"""Whether the person behind a verb may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.accounts.models import User
from tenants.exceptions import NotAllowed
from tenants.models import OperationKind

if TYPE_CHECKING:
    from tenants.models.operation import Requested

ADD = "tenants.add_client"
PROVISION = "tenants.provision_client"
INVITE = "tenants.invite_client_admin"
SUSPEND = "tenants.suspend_client"
ARCHIVE = "tenants.archive_client"
DROP = "tenants.drop_client"
IMPORT_DATA = "tenants.import_client_data"


def permission_for(kind: str) -> str:
    """The right that an operation of this kind needs, to be asked for and to be run."""
    return DROP if kind == OperationKind.DROP_SCHEMA else PROVISION


def signature(acting_user: User | None) -> dict[str, object]:
    """The fields of what was asked for that say by whom."""
    return {
        "requested_by": acting_user,
        "requested_by_email": acting_user.email if acting_user else "",
    }


def require(acting_user: User | None, permission: str) -> None:
    """Raise ``NotAllowed`` unless the user is active and has the permission.

    ``None`` is an operator in a terminal, who has the owner's login and needs no leave.
    """
    if acting_user is not None and not acting_user.has_perm(permission):
        raise NotAllowed(user=acting_user)


def require_still(requested: Requested, permission: str) -> User | None:
    """Ask again, from what was written down: the worker acts minutes after the button.

    Returns who that is, as in ``require``.
    """
    user = requester(requested)
    if requested.requested_by_id is not None and (user is None or not user.has_perm(permission)):
        raise NotAllowed(user=requested.requested_by_email)
    return user


def stand_in(requested: Requested, permission: str, acting_user: User | None) -> None:
    """Where whoever asked for it may not any more, it is ``acting_user``'s from here on; the
    caller saves it."""
    try:
        require_still(requested, permission)
    except NotAllowed:
        for name, value in signature(acting_user).items():
            setattr(requested, name, value)


def requester(requested: Requested) -> User | None:
    """Whose doing it is, with or without the right by now; ``None`` as in ``require``."""
    return User.objects.filter(pk=requested.requested_by_id).first()
