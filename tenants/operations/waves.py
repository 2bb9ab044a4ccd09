"""How a rollout goes on: from its canaries to wave after wave, and what stops it.

Whoever changes a rollout's state holds its row. The row of a client, or of an operation, is never
taken while it is held.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.models import ClientStatus, Operation, OperationState, Rollout, RolloutState
from tenants.models.operation import OperationQuerySet
from tenants.schemas.migrate import known_migrations


def to_be_done(rollout: Rollout) -> OperationQuerySet:
    """Its operations that are not over and can be: what waits for a suspended client's
    reactivation keeps nobody else waiting."""
    suspended = rollout.operations.filter(
        state=OperationState.QUEUED, queued=True, client__status=ClientStatus.SUSPENDED
    )
    return rollout.operations.open().exclude(pk__in=suspended.values("pk"))


def is_for_newer_code(asked: Rollout | Operation) -> bool:
    """Whether the code that asked for it had migrations that this process does not know: it would
    take a schema for done that is not."""
    target = asked.target
    return target is not None and not known_migrations().issuperset(target.migrations)


def advance(rollout_id: int) -> Rollout | None:
    """Have the rollout go on to its next wave where the last one is over.

    Locks its row for a moment. Returns it where its operations may be begun, and ``None`` where
    it is paused or over, as it may be from now on.
    """
    with transaction.atomic():
        rollout = Rollout.objects.select_for_update().get(pk=rollout_id)
        if rollout.is_over:
            return None
        left = to_be_done(rollout)
        following = left.order_by("wave").values_list("wave", flat=True).first()
        if following is None:
            rollout.state, rollout.paused_because = RolloutState.OVER, ""
        elif rollout.state == RolloutState.PAUSED or following <= rollout.wave:
            return rollout if rollout.state == RolloutState.RUNNING else None
        elif rollout.look_first and rollout.wave == 0:
            rollout.wave = following
            pause_at(rollout, _of_the_first(rollout))
        else:
            rollout.wave = following
        rollout.save()
    return rollout if rollout.state == RolloutState.RUNNING else None


def _of_the_first(rollout: Rollout) -> str:
    """What became of its canaries: they may be cancelled, or wait for a reactivation."""
    first = Operation.objects.filter(rollout=rollout, wave=0)
    failed = first.filter(state=OperationState.FAILED).count()
    if not failed and not first.filter(state=OperationState.SUCCEEDED).exists():
        return _("None of the first ones was done: there is nothing to look at yet.")
    if not failed:
        return _("The first ones are done: look at them.")
    text = ngettext(
        "Of the first ones %(n)d has failed: look at them.",
        "Of the first ones %(n)d have failed: look at them.",
        failed,
    )
    return text % {"n": failed}


def stop_where_too_many_failed(rollout_id: int) -> None:
    """Pause the rollout if as many have failed as it was told to bear. Locks its row."""
    with transaction.atomic():
        rollout = Rollout.objects.select_for_update().get(pk=rollout_id)
        if rollout.state != RolloutState.RUNNING or rollout.abort_after is None:
            return
        count = failures(rollout) - rollout.forgiven
        if count < rollout.abort_after:
            return
        why = ngettext("%(n)d operation has failed.", "%(n)d operations have failed.", count) % {
            "n": count
        }
        pause_at(rollout, why)
        rollout.save()


def pause_at(rollout: Rollout, why: str) -> None:
    """Mark the rollout as paused; the caller saves it."""
    rollout.state, rollout.paused_because = RolloutState.PAUSED, why[:200]


def failures(rollout: Rollout) -> int:
    return Operation.objects.filter(rollout=rollout, state=OperationState.FAILED).count()
