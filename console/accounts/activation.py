"""Deactivating somebody, and letting them in again."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from console.accounts import rights
from console.accounts.admins import is_last_admin
from console.accounts.history import UserEvent
from console.accounts.models import User
from console.accounts.roles import Role
from console.history.acting import acting_as
from console.history.record import save_as


def deactivate(user: User, *, roles: type[Role], acting_user: User) -> None:
    """Let the user in no more; who is signed in is not from the next page on.

    ``roles`` are those of the side. Locks its admins, then the user. Raises ``PermissionDenied``,
    and ``ValidationError`` for oneself, for the side's last admin, and where it is so already.
    """
    with transaction.atomic(), acting_as(acting_user):
        # First, for their locks have an order.
        is_last = is_last_admin(user, roles)
        user = _locked(user, acting_user)
        if user.pk == acting_user.pk:
            raise ValidationError(
                _("You cannot deactivate yourself. Somebody else who may, can."), code="oneself"
            )
        if is_last:
            raise ValidationError(
                _(
                    "%(user)s is the last one who may do everything here and can sign in, and "
                    "stays active."
                )
                % {"user": user},
                code="last_admin",
            )
        if not user.is_active:
            raise ValidationError(_("%(user)s is not active.") % {"user": user}, code="already")
        user.is_active = False
        save_as(user, UserEvent.DEACTIVATED, update_fields=["is_active"])


def reactivate(user: User, *, acting_user: User) -> None:
    """Let the user in again, with the rights of before.

    Locks the user. Raises ``PermissionDenied``, and ``ValidationError`` where it is so already and
    for what the model finds wrong with one more user who is active.
    """
    with transaction.atomic(), acting_as(acting_user):
        user = _locked(user, acting_user)
        if user.is_active:
            raise ValidationError(_("%(user)s is active.") % {"user": user}, code="already")
        user.is_active = True
        user.full_clean()
        save_as(user, UserEvent.REACTIVATED, update_fields=["is_active"])


def _locked(user: User, acting_user: User) -> User:
    user = User.objects.select_for_update().get(pk=user.pk)
    if not (acting_user.has_perm("accounts.change_user") and rights.may_manage(acting_user, user)):
        raise PermissionDenied
    return user
