"""Rollouts: the history, and the page that follows one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Sum, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from console.sites import public_site
from tenants.admin.base import STATE_LABELS, HistoryAdmin, client_url, operation_url
from tenants.admin.durations import duration_in_words
from tenants.admin.live import live_answer, signed_out
from tenants.models import OPEN_STATES, Operation, OperationState, Rollout

OPERATIONS_PER_PAGE = 50
#: What needs a person comes first, then what moves.
_ORDER = (
    OperationState.FAILED,
    OperationState.RUNNING,
    OperationState.QUEUED,
    OperationState.SUCCEEDED,
)


@admin.register(Rollout, site=public_site)
class RolloutAdmin(HistoryAdmin):
    list_display = ("title", "total", "progress", "requested_by_email", "created_at")
    list_filter = (("kind", ChoicesDropdownFilter),)
    search_fields = ("requested_by_email",)
    search_help_text = _("Who asked")
    ordering = ("-created_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rollout]:
        return super().get_queryset(request).with_counts()

    @display(description=_("rollout"), ordering="pk")
    def title(self, rollout: Rollout) -> str:
        return str(rollout)

    @display(description=_("operations"), ordering="total")
    def total(self, rollout: Rollout) -> int:
        return rollout.total

    @display(description=_("state"))
    def progress(self, rollout: Rollout) -> SafeString:
        counts = ((state.label, getattr(rollout, f"{state.value}_count")) for state in _ORDER)
        return format_html_join(" · ", "{} {}", ((n, label) for label, n in counts if n))

    def get_urls(self) -> list[URLPattern]:
        return [
            # Not behind `admin_view`, as with operations.
            path("<int:pk>/live/", never_cache(self.live_view), name="tenants_rollout_live"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page that follows the rollout, in place of a form."""
        if object_id is None or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        rollout = self.get_object(request, unquote(object_id))
        if rollout is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, rollout):
            raise PermissionDenied
        progress = _progress(rollout)
        context = {
            "title": str(rollout),
            "original": rollout,
            **progress,
            **_table(request, rollout, progress),
        }
        return self.page(request, "tenants/rollout.html", {**context, **(extra_context or {})})

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that changes; see ``tenants.admin.live`` for the answers."""
        if not self.admin_site.has_permission(request) or not self.has_view_permission(request):
            return signed_out()
        rollout = Rollout.objects.filter(pk=pk).first()
        if rollout is None:
            raise Http404
        progress = _progress(rollout)

        def draw() -> HttpResponse:
            context = {"rollout": rollout, "swapped": True, **progress}
            context |= _table(request, rollout, progress)
            return render(request, "tenants/rollout_live.html", context)

        return live_answer(
            request, version=progress["version"], is_open=progress["is_open"], draw=draw
        )


def _progress(rollout: Rollout) -> dict[str, Any]:
    """Counts, shares in per cent, and a ``version`` that changes when any operation does."""
    counts = {state.value: Count("pk", filter=Q(state=state)) for state in OperationState}
    found = rollout.operations.aggregate(
        total=Count("pk"), attempts=Sum("attempts"), ended=Max("finished_at"), **counts
    )
    total = found["total"]
    ended = found["ended"].timestamp() if found["ended"] else 0
    numbers = [found[state.value] for state in _ORDER]
    done = found[OperationState.SUCCEEDED]
    return {
        "rollout": rollout,
        "total": total,
        "counts": [
            {"label": state.label, "count": found[state.value], "variant": STATE_LABELS[state]}
            for state in (_ORDER[-1], *_ORDER[1:-1], _ORDER[0])
        ],
        "done": done,
        "failed": found[OperationState.FAILED],
        "done_share": 100 * done / total if total else 0,
        "failed_share": 100 * found[OperationState.FAILED] / total if total else 0,
        "is_open": any(found[state] for state in OPEN_STATES),
        "version": "-".join(str(number) for number in [*numbers, found["attempts"], ended]),
        "live_url": reverse("admin:tenants_rollout_live", args=[rollout.pk]),
    }


def _table(request: HttpRequest, rollout: Rollout, progress: dict[str, Any]) -> dict[str, Any]:
    """One page of the operations: what failed first."""
    rank = Case(
        *(When(state=state, then=Value(place)) for place, state in enumerate(_ORDER)),
        output_field=IntegerField(),
    )
    operations = (
        Operation.objects.filter(rollout=rollout)
        .select_related("client")
        .defer("error_detail")
        .order_by(rank, "client__name", "pk")
    )
    paginator = Paginator(operations, OPERATIONS_PER_PAGE)
    paginator.count = progress["total"]
    page = paginator.get_page(request.GET.get("page"))
    return {
        "page_obj": page,
        "rows": [
            {
                "operation": operation,
                "url": operation_url(operation),
                "client_url": client_url(operation.client),
                "label": STATE_LABELS[operation.state],
                "took": duration_in_words(operation.duration),
            }
            for operation in page
        ],
    }
