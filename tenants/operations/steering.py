"""What people do to a rollout as a whole: pause it, have it go on, end it.

Each verb needs the right that starts such a rollout, and locks its row until the transaction
ends. What is being done at that moment is done to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.history.acting import who
from tenants.exceptions import RolloutNotPaused, RolloutNotRunning
from tenants.models import OperationState, Rollout, RolloutState
from tenants.operations.authorise import permission_for, require, stand_in
from tenants.operations.many import Many, cancel_waiting
from tenants.operations.queue import enqueue_shares
from tenants.operations.refusals import RolloutNotShared
from tenants.operations.rollout import is_shared
from tenants.operations.waves import failures, pause_at
from tenants.schemas.locks import held_among, lasting_lock


def pause(rollout: Rollout, *, acting_user: User | None) -> Rollout:
    """Begin no more of its operations, nor of what is tried again, until somebody has it go on.

    Raises ``NotAllowed``, ``RolloutNotShared``, ``RolloutNotRunning``.
    """
    with _held(rollout, acting_user) as held:
        _must_be_shared(held)
        if held.state != RolloutState.RUNNING:
            raise RolloutNotRunning(rollout=held)
        by = who(acting_user.email if acting_user else "")
        pause_at(held, _("Paused by %(who)s.") % {"who": by})
    return held


def go_on(rollout: Rollout, *, acting_user: User | None) -> Rollout:
    """Have a paused rollout go on. What has failed by now does not stop it again. Where whoever
    asked for it may not any more, it is ``acting_user``'s from here on.

    Raises ``NotAllowed``, ``RolloutNotShared``, ``RolloutNotPaused``.
    """
    with _held(rollout, acting_user) as held:
        _must_be_shared(held)
        if held.state != RolloutState.PAUSED:
            raise RolloutNotPaused(rollout=held)
        held.state, held.paused_because = RolloutState.RUNNING, ""
        held.forgiven = failures(held)
        stand_in(held, permission_for(held.kind), acting_user)
        enqueue_shares(held)
    return held


def end(rollout: Rollout, *, acting_user: User | None) -> Many:
    """Cancel what was not begun, in all waves, and with that the rollout.

    Returns what was cancelled, and what could not be, as ``cancel_waiting`` does: then the rollout
    stays paused. Raises ``NotAllowed``, ``RolloutNotRunning`` where it is over.
    """
    by = {"who": who(acting_user.email if acting_user else "")}
    require(acting_user, permission_for(rollout.kind))
    with lasting_lock(_name_of_end(rollout)):
        with _held(rollout, acting_user) as held:
            if held.state == RolloutState.OVER:
                raise RolloutNotRunning(rollout=held)
            # Nothing more is begun while the clients' rows are waited for.
            pause_at(held, _("%(who)s had it end.") % by)
        waiting = held.operations.filter(state=OperationState.QUEUED)
        return cancel_waiting(waiting.select_related("client"), acting_user=acting_user)


def is_being_ended(rollout: Rollout) -> bool:
    """Whether it is paused at this moment for ``end`` alone, which has more to do."""
    return bool(held_among([_name_of_end(rollout)]))


def _name_of_end(rollout: Rollout) -> str:
    return f"end of rollout:{rollout.pk}"


def _must_be_shared(rollout: Rollout) -> None:
    """By workers: jobs of single operations ask no rollout, and a terminal does not wait."""
    in_terminal = rollout.operations.filter(state=OperationState.QUEUED, queued=False)
    if not is_shared(rollout) or in_terminal.exists():
        raise RolloutNotShared(rollout=rollout)


@contextmanager
def _held(rollout: Rollout, acting_user: User | None) -> Iterator[Rollout]:
    """The rollout as it is now, locked, and saved at the end of the block."""
    require(acting_user, permission_for(rollout.kind))
    with transaction.atomic():
        held = Rollout.objects.select_for_update().get(pk=rollout.pk)
        yield held
        held.save()
