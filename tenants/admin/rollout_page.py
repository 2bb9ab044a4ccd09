"""What the page that follows a rollout says: counts, speed, and its operations page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, Max, Min, Q, Sum, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t

from tenants.admin.base import STATE_LABELS, client_url, may_ask_for, operation_url
from tenants.admin.durations import about, duration_in_words
from tenants.admin.operation_buttons import (
    CANCEL,
    RETRY,
    ROLLOUT,
    cancel_button,
    many_url,
    retry_button,
)
from tenants.admin.operation_page import Button, is_held_back
from tenants.models import (
    OPEN_STATES,
    ClientStatus,
    Operation,
    OperationState,
    Rollout,
    RolloutState,
)
from tenants.operations.rollout import is_shared
from tenants.schemas.locks import held_among

OPERATIONS_PER_PAGE = 50
#: What needs a person comes first, then what moves.
ORDER = (
    OperationState.FAILED,
    OperationState.RUNNING,
    OperationState.QUEUED,
    OperationState.CANCELLED,
    OperationState.SUCCEEDED,
)
#: How far back it is looked to say how fast the work goes.
_LATELY = timedelta(minutes=2)


def progress_of(rollout: Rollout) -> dict[str, Any]:
    """Counts, shares in per cent, speed, and a ``version`` that changes when any operation does."""
    counts = {state.value: Count("pk", filter=Q(state=state)) for state in OperationState}
    held_back = Q(state=OperationState.QUEUED, client__status=ClientStatus.SUSPENDED)
    found = rollout.operations.aggregate(
        total=Count("pk"),
        attempts=Sum("attempts"),
        begun=Min("started_at"),
        ended=Max("finished_at"),
        held_back=Count("pk", filter=held_back),
        in_terminal=Count("pk", filter=Q(state=OperationState.QUEUED, queued=False)),
        **_lately(),
        **counts,
    )
    steering = _steering(rollout)
    total = found["total"]
    ended = found["ended"].timestamp() if found["ended"] else 0
    numbers = [found[state.value] for state in ORDER]
    moves = (found["held_back"], found["attempts"], ended)
    is_open = any(found[state] for state in OPEN_STATES)
    took = None if is_open or not (found["begun"] and ended) else found["ended"] - found["begun"]
    return {
        "rollout": rollout,
        "total": total,
        "counts": [
            {"state": state.value, "label": state.label, "count": found[state.value]}
            for state in (ORDER[-1], *ORDER[1:-2], ORDER[0], ORDER[-2])
        ],
        "done": found[OperationState.SUCCEEDED],
        "failed": found[OperationState.FAILED],
        "waiting": found[OperationState.QUEUED],
        "cancelled": found[OperationState.CANCELLED],
        "held_back": found["held_back"],
        "is_held_back": is_open and found["held_back"] == sum(found[s] for s in OPEN_STATES),
        "shares": _shares(found),
        "is_open": is_open,
        "is_of_workers": is_shared(rollout) and not found["in_terminal"],
        "took": duration_in_words(took),
        **({} if steering["is_paused"] else _speed(found)),
        "version": "-".join(map(str, [*numbers, *moves, *steering.values()])),
        **steering,
        "live_url": reverse("admin:tenants_rollout_live", args=[rollout.pk]),
    }


def _steering(rollout: Rollout) -> dict[str, Any]:
    """Whether it goes on, how far it is in its waves, and on how many it is at work now."""
    last = rollout.operations.aggregate(Max("wave"))["wave__max"] or 0
    has_canaries = bool(last) and rollout.operations.filter(wave=0).exists()
    return {
        "is_paused": rollout.state == RolloutState.PAUSED,
        "paused_because": rollout.paused_because,
        # Before it has begun, it is at its first one.
        "wave": rollout.wave if has_canaries else max(rollout.wave, 1),
        # One wave of all of them is none.
        "last_wave": last if has_canaries or last > 1 else 0,
        "has_canaries": has_canaries,
        "at_work": 0 if rollout.is_over else len(_at_work(rollout)),
    }


def _at_work(rollout: Rollout) -> set[str]:
    """The schemas on which somebody is at work: what is done in a moment is never written down
    as running, so the locks are asked."""
    waiting = rollout.operations.filter(state=OperationState.QUEUED, wave__lte=rollout.wave)
    return held_among(waiting.values_list("client__schema_name", flat=True))


def _shares(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of the bar: where each begins and how long it is, of 100."""
    parts, start = [], 0.0
    for state in (OperationState.SUCCEEDED, OperationState.FAILED, OperationState.CANCELLED):
        width = 100 * found[state.value] / found["total"] if found["total"] else 0
        parts.append({"state": state.value, "start": f"{start:.3f}", "width": f"{width:.3f}"})
        start += width
    return parts


def _lately() -> dict[str, Any]:
    """Aggregates: how many operations ended of late, and when the first of these was begun."""
    ended = Q(
        state__in=(OperationState.SUCCEEDED, OperationState.FAILED),
        finished_at__gte=timezone.now() - _LATELY,
    )
    return {
        "lately": Count("pk", filter=ended),
        "lately_begun": Min("started_at", filter=ended),
    }


def _speed(found: dict[str, Any]) -> dict[str, str]:
    """How many are done in a minute and how long the rest takes, as long as any ended of late.

    What waits for a suspended client is not counted: nobody knows when that goes on.
    """
    left = sum(found[state] for state in OPEN_STATES) - found["held_back"]
    if not (left and found["lately"] and found["lately_begun"]):
        return {}
    now = timezone.now()
    per_second = found["lately"] / max(
        (now - max(found["lately_begun"], now - _LATELY)).total_seconds(), 1
    )
    return {
        "per_minute": str(max(round(per_second * 60), 1)),
        "time_left": about(timedelta(seconds=left / per_second)),
    }


def buttons_for(request: HttpRequest, rollout: Rollout, progress: dict[str, Any]) -> list[Button]:
    """What can be done to all at once; each asks first."""
    if not may_ask_for(request, rollout.kind):
        return []
    buttons = []
    here = {ROLLOUT: rollout.pk}
    if progress["is_of_workers"] and progress["is_open"] and not rollout.is_over:
        verb = "go_on" if progress["is_paused"] else "pause"
        url = reverse("admin:tenants_rollout_steer", args=[rollout.pk, verb])
        text, icon = (_t("Go on"), "play_arrow") if verb == "go_on" else (_t("Pause"), "pause")
        buttons.append(Button(url, text, icon, is_main=verb == "go_on", posts=True))
    if count := progress["failed"]:
        url = many_url(RETRY, **here, state=OperationState.FAILED.value)
        buttons.append(retry_button(url, count))
    if count := progress["waiting"]:
        url = many_url(CANCEL, **here, state=OperationState.QUEUED.value)
        buttons.append(cancel_button(url, count))
    return buttons


def table(request: HttpRequest, rollout: Rollout, progress: dict[str, Any]) -> dict[str, Any]:
    """One page of the operations, of one state if the address names one: what failed first."""
    rank = Case(
        *(When(state=state, then=Value(place)) for place, state in enumerate(ORDER)),
        output_field=IntegerField(),
    )
    operations = (
        Operation.objects.filter(rollout=rollout)
        .select_related("client")
        .defer("error_detail")
        .order_by(rank, "client__name", "pk")
    )
    chosen = next(
        (row for row in progress["counts"] if row["state"] == request.GET.get("state")), None
    )
    if chosen:
        operations = operations.filter(state=chosen["state"])
    paginator = Paginator(operations, OPERATIONS_PER_PAGE)
    paginator.count = chosen["count"] if chosen else progress["total"]
    page = paginator.get_page(request.GET.get("page"))
    waiting = [row.client.schema_name for row in page if row.state == OperationState.QUEUED]
    busy = held_among(waiting) if waiting else set()
    return {
        "page_obj": page,
        "chosen": chosen,
        "has_waves": bool(progress["last_wave"]),
        "rows": [
            {
                "operation": operation,
                "url": operation_url(operation),
                "client_url": client_url(operation.client),
                "state": _state_of(operation, busy),
                "held_back": is_held_back(operation),
                "took": duration_in_words(operation.duration),
            }
            for operation in page
        ],
    }


def _state_of(operation: Operation, busy: set[str]) -> dict[str, Any]:
    """The words for its state, and their colour: what waits by its row, and whose schema is held,
    is being done."""
    state = OperationState(operation.state)
    if state == OperationState.QUEUED and operation.client.schema_name in busy:
        state = OperationState.RUNNING
    return {"text": state.label, "label": STATE_LABELS[state]}
