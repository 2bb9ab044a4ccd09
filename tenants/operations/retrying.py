"""What is tried again: what becomes of its row, and who carries it out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.history.acting import who
from tenants.models import Operation, OperationState, Rollout, RolloutState
from tenants.operations.authorise import permission_for, signature, stand_in
from tenants.operations.queue import enqueue_many, enqueue_shares
from tenants.operations.rollout import is_shared, target_of
from tenants.operations.waves import failures, is_for_newer_code


def again(kind: str, *, acting_user: User | None) -> dict[str, object]:
    """What the fields of an operation of this kind become that waits once more, asked for by this
    user."""
    return {
        **signature(acting_user),
        "target": target_of(kind),
        "state": OperationState.QUEUED,
        "asked_again_at": timezone.now(),
        "queued": True,
        "attempts": 0,
        "due_at": None,
        "started_at": None,
        "finished_at": None,
        "error": "",
        "error_detail": "",
    }


def asked_again_by(acting_user: User | None) -> str:
    """The line of the log of an operation that this user asks for again."""
    return _("Asked for again by %(who)s.") % {"who": who(acting_user.email if acting_user else "")}


def give_back(operations: Iterable[Operation], *, acting_user: User | None) -> None:
    """Have operations that wait once more carried out.

    One of a rollout goes back into it, whatever became of that: it has its turn with its wave, a
    pause binds it, and another failure of it counts. A rollout that was over is under way again,
    until nothing of it is left. One that does not go on now goes back to the wave of what is tried
    again, and from there, when it does: so the first ones are tried alone, and looked at once
    more. One that workers do not share keeps its state in step alone; each of its operations, and
    each that is in no rollout, has a job.

    Locks the rollouts' rows until the caller's transaction ends. The caller holds the clients'
    rows, and takes none after this.
    """
    alone: list[Operation] = []
    together: dict[int, list[Operation]] = defaultdict(list)
    for operation in operations:
        if operation.rollout_id is None:
            alone.append(operation)
        else:
            together[operation.rollout_id].append(operation)
    held = Rollout.objects.filter(pk__in=together).select_for_update(of=("self",)).order_by("pk")
    for rollout in held.select_related("target") if together else ():
        _take_back(rollout, together[rollout.pk], acting_user)
        if not is_shared(rollout):
            alone += together[rollout.pk]
        elif rollout.state == RolloutState.RUNNING:
            enqueue_shares(rollout)
    enqueue_many(alone)


def _take_back(rollout: Rollout, operations: Iterable[Operation], acting_user: User | None) -> None:
    if rollout.state != RolloutState.RUNNING:
        rollout.wave = min(rollout.wave, *(operation.wave for operation in operations))
    if rollout.is_over:
        rollout.state = RolloutState.RUNNING
    # No more are forgiven than are left, so that as many new ones as at first stop it.
    rollout.forgiven = min(rollout.forgiven, failures(rollout))
    if not is_for_newer_code(rollout):
        rollout.target = target_of(rollout.kind)
    stand_in(rollout, permission_for(rollout.kind), acting_user)
    rollout.save()
