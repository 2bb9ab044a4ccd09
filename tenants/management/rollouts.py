"""What a terminal asks and shows of rollouts."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Count

from tenants.management.watching import number_of
from tenants.models import (
    OPEN_STATES,
    Client,
    Operation,
    OperationState,
    Plan,
    Rollout,
    RolloutState,
)
from tenants.operations.outlook import Group, Outlook
from tenants.operations.steering import is_being_ended
from tenants.operations.versions import behind
from tenants.operations.waves import to_be_done

#: How often the terminal looks (seconds), and after how long it says that nothing moves.
EVERY, STILL = 1.0, 30.0


def chosen(schemas: Collection[str], *, plan: str | None, tag: str | None) -> list[Client]:
    """The clients whose schemas are behind, of those in use: all, or those that are named, have
    the plan and the tag. Raises ``CommandError`` for a name or a plan that is not there, and where
    no client at all is meant."""
    clients = Client.objects.in_use().filter(provisioned_at__isnull=False)
    if schemas:
        clients = clients.filter(schema_name__in=schemas)
        if unknown := set(schemas) - set(clients.values_list("schema_name", flat=True)):
            raise CommandError(f"No client in use has such a schema: {', '.join(sorted(unknown))}.")
    if plan:
        if not Plan.objects.filter(code=plan).exists():
            raise CommandError(f"There is no plan with the code {plan}.")
        clients = clients.filter(plan__code=plan)
    if tag:
        clients = clients.filter(tags__contains=[tag])
    if not clients.exists():
        raise CommandError("No client in use with a schema is meant by that.")
    return list(behind(clients).order_by("schema_name"))


def keys_of(names: Collection[str], clients: Collection[Client]) -> list[int]:
    """The keys of the clients whose schemas are named. Raises ``CommandError`` for any other."""
    keys = {client.schema_name: client.pk for client in clients}
    if unknown := [name for name in names if name not in keys]:
        raise CommandError(f"Not among the schemas of this rollout: {', '.join(unknown)}.")
    return [keys[name] for name in names]


def print_outlook(outlook: Outlook, stdout: Any) -> None:
    for group in outlook.groups:
        stdout.write(_head(group))
        for migration in group.foreseen or ():
            stdout.write(f"  {migration.migration}: {migration.effect.label}")
            if migration.note:
                stdout.write(f"   * {migration.note}")
            for step in migration.steps:
                text = " ".join(step.text.split())
                heavy = step.effect.is_heavy
                stdout.write(f"   ! {text}  -- {step.effect.label}" if heavy else f"     {text}")
    if outlook.takes is not None:
        stdout.write(
            f"About {outlook.takes.total_seconds():.0f} s with "
            f"{number_of(outlook.workers, 'worker')}, going by the last ones."
        )


def _head(group: Group) -> str:
    names = ", ".join(client.schema_name for client in group.clients[:5])
    more = len(group.clients) - 5
    them = f"{names}{f' and {more} more' if more > 0 else ''}"
    schemas = number_of(len(group.clients), "schema")
    if group.missing is None:
        return f"{schemas}, of which it is not known what they have: {them}"
    verb = "lacks" if len(group.clients) == 1 else "lack"
    return f"{schemas} {verb} {number_of(len(group.missing), 'migration')}: {them}"


def state_of(rollout: Rollout) -> str:
    """One line: how it stands, and how many operations are in which state."""
    rollout.refresh_from_db()
    rows = Operation.objects.filter(rollout=rollout).order_by().values_list("state")
    states = dict(rows.annotate(Count("pk")))
    counts = ", ".join(
        f"{states[state]} {state.label}".lower() for state in OperationState if state in states
    )
    why = f" ({rollout.paused_because})" if rollout.paused_because else ""
    state = RolloutState.RUNNING if _is_going(rollout) else RolloutState(rollout.state)
    return f"{rollout}: {state.label}{why}, wave {rollout.wave}: {counts}."


def _is_going(rollout: Rollout) -> bool:
    """Whether something of it is being done or will be, by itself: after its end, what had waited
    for a client's reactivation."""
    if rollout.is_over:
        return to_be_done(rollout).exists()
    return rollout.state == RolloutState.RUNNING


def follow(rollout: Rollout, stdout: Any, stderr: Any) -> tuple[int, int]:
    """Write how the rollout goes until it is over or paused; returns how many of it have failed,
    and how many were cancelled.

    One that somebody ends is paused for a moment at first: it is followed to its end. The workers
    do it: the terminal can be left, and comes back by ``rollout watch``.
    """
    told: set[int] = set()
    last, began = "", time.monotonic()
    moved, at_first = began, _over(rollout)
    while True:
        failed = Operation.objects.filter(rollout=rollout, state=OperationState.FAILED)
        for operation in failed.exclude(pk__in=told).select_related("client"):
            told.add(operation.pk)
            detail = f"{operation.client.schema_name}: {operation.error}\n{operation.error_detail}"
            stderr.write(detail.rstrip())
        line = state_of(rollout)
        if line != last:
            last, moved = line, time.monotonic()
            stdout.write(line + _speed(rollout, _over(rollout) - at_first, moved - began))
        if not (_is_going(rollout) or is_being_ended(rollout)) and line == state_of(rollout):
            cancelled = Operation.objects.filter(rollout=rollout, state=OperationState.CANCELLED)
            return failed.count(), cancelled.count()
        if time.monotonic() - moved > STILL:
            stdout.write("Nothing has moved for half a minute. Is a worker there?")
            moved = time.monotonic()
        time.sleep(EVERY)


def _over(rollout: Rollout) -> int:
    return Operation.objects.filter(rollout=rollout).exclude(state__in=OPEN_STATES).count()


def _speed(rollout: Rollout, done: int, seconds: float) -> str:
    """How fast it goes and for how much longer, from what was done in so many seconds."""
    left = Operation.objects.filter(rollout=rollout).open().count()
    if not (done and left and seconds):
        return ""
    return f" {done / seconds:.1f} a second, about {left * seconds / done:.0f} s left."
