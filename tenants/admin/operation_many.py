"""Trying again and cancelling: one operation, a selection, or all that a filter shows.

Each is asked about on a page that changes nothing, and done by a POST of what that page showed.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tenants import stats
from tenants.admin import expectations
from tenants.admin.base import PageMixin, may_ask_for, operation_url, report_refusal
from tenants.admin.operation_buttons import CANCEL, RETRY, ROLLOUT, many_url
from tenants.admin.operation_filters import OPEN, StateFilter
from tenants.admin.selection import MAX_AT_ONCE, LeftOut, joined, keys_in, spelled_out
from tenants.exceptions import (
    NotAllowed,
    OperationNotFailed,
    OperationNotWaiting,
    TenantError,
)
from tenants.models import Operation, OperationKind, OperationState
from tenants.operations.hindrance import retry_hindrance
from tenants.operations.many import cancel_waiting, retry_failed
from tenants.operations.request import cancel_operation, retry_operation
from tenants.operations.versions import is_brought_in_parts


class ManyOperations(PageMixin):
    """The actions, for the operations' ModelAdmin."""

    actions = ("retry_selected", "cancel_selected")

    def has_manage_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return any(may_ask_for(request, kind) for kind in OperationKind)

    @admin.action(description=_("Try again"), permissions=["manage"])
    def retry_selected(
        self, request: HttpRequest, queryset: QuerySet[Operation]
    ) -> HttpResponse | None:
        return self._ask(request, RETRY, queryset)

    @admin.action(description=_("Cancel what waits"), permissions=["manage"])
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Operation]
    ) -> HttpResponse | None:
        return self._ask(request, CANCEL, queryset)

    def get_urls(self: Any) -> list[URLPattern]:
        urls = []
        for verb in (RETRY, CANCEL):
            one = self.admin_site.admin_view(self.one_view)
            many = self.admin_site.admin_view(self.many_view)
            name = f"tenants_operation_{verb}"
            urls += [
                path(f"<int:pk>/{verb}/", one, {"verb": verb}, name=name),
                path(f"{verb}/", many, {"verb": verb}, name=f"{name}_many"),
            ]
        return [*urls, *super().get_urls()]

    def one_view(self: Any, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Ask about one operation; after a POST, do it. Leads to the operation's page."""
        operation = self.get_queryset(request).select_related("client").filter(pk=pk).first()
        if not self.has_view_permission(request):
            raise PermissionDenied
        if operation is None:
            raise Http404
        if not may_ask_for(request, operation.kind):
            raise PermissionDenied
        if request.method == "POST":
            verb_for_one = retry_operation if verb == RETRY else cancel_operation
            try:
                verb_for_one(operation, acting_user=request.user)
            except TenantError as error:
                report_refusal(request, error)
            else:
                messages.success(request, _done(verb, 1))
        elif page := self._ask(request, verb, self.get_queryset(request).filter(pk=pk), one=True):
            return page
        return HttpResponseRedirect(operation_url(operation))

    def many_view(self: Any, request: HttpRequest, verb: str) -> HttpResponse:
        """Ask about all that the list shows under the filter in the address; after a POST, do
        it to those that the page has shown."""
        if not self.has_manage_permission(request) or not self.has_view_permission(request):
            raise PermissionDenied
        back = HttpResponseRedirect(_back(request, after=request.method == "POST"))
        if request.method != "POST":
            try:
                shown = self.get_changelist_instance(request).queryset
            except IncorrectLookupParameters:
                return back
            state = OperationState.FAILED if verb == RETRY else OperationState.QUEUED
            return self._ask(request, verb, shown.filter(state=state)) or back
        keys = keys_in(request.POST.get("operations", ""), at_most=MAX_AT_ONCE)
        if not keys:
            messages.error(request, _t("Nothing was done: select the operations again."))
            return back
        operations = Operation.objects.filter(pk__in=keys).order_by("-pk")
        many = retry_failed if verb == RETRY else cancel_waiting
        try:
            result = many(operations.select_related("client"), acting_user=request.user)
        except TenantError as error:
            report_refusal(request, error)
            return back
        left_out = LeftOut()
        for operation, refusal in result.refused:
            left_out.refuse(_name(operation), refusal)
        done = len(result.operations)
        if done:
            messages.success(request, _done(verb, done))
        for text in left_out.messages():
            messages.warning(request, text)
        return back

    def _ask(
        self: Any,
        request: HttpRequest,
        verb: str,
        queryset: QuerySet[Operation],
        *,
        one: bool = False,
    ) -> HttpResponse | None:
        """The page that asks; ``None``, with a message, where nothing can be done."""
        chosen, left_out = _sort(request, verb, queryset, one=one)
        if not chosen:
            for text in left_out.messages() or [_t("There is nothing of that kind here.")]:
                messages.warning(request, text)
            return None
        action = many_url(verb)
        if request.GET:
            action += f"?{request.GET.urlencode()}"
        if one:
            action = request.path
        return self.page(
            request,
            "tenants/confirm_operations.html",
            {
                "title": _t("Try again") if verb == RETRY else _t("Cancel what waits"),
                "cancels": verb == CANCEL,
                "operation": chosen[0] if one else None,
                "original": chosen[0] if one else None,
                "action": action,
                "back": operation_url(chosen[0]) if one else _back(request),
                "count": len(chosen),
                "names": spelled_out([_name(operation) for operation in chosen]),
                "sections": _sections(verb, chosen),
                "left_out": left_out.rows(),
                "destroys": verb == RETRY
                and any(operation.kind == OperationKind.DROP_SCHEMA for operation in chosen),
                # Exactly those that were shown are meant, whatever fails meanwhile.
                "operations": joined(chosen),
            },
        )


def _sort(
    request: HttpRequest, verb: str, queryset: QuerySet[Operation], *, one: bool
) -> tuple[list[Operation], LeftOut]:
    """Those for which it can be done, the newest first, and who is left out.

    Three queries at the most, however many operations. The verb has the last word on each.
    """
    queryset = queryset.select_related("client").defer("error_detail").order_by("-pk")
    operations = list(queryset[: MAX_AT_ONCE + 1])
    chosen: list[Operation] = []
    left_out = LeftOut()
    if len(operations) > MAX_AT_ONCE:
        operations.pop()
        left_out.add(
            _t("%(n)d are done at a time; do the rest after these.") % {"n": MAX_AT_ONCE},
            _t("Over the limit:"),
        )
    open_ones = {}
    if verb == RETRY:
        clients = {operation.client_id for operation in operations}
        found = Operation.objects.open().filter(client__in=clients).only("pk", "kind", "client_id")
        open_ones = {operation.client_id: operation for operation in found}
    made_good = set() if one or verb == CANCEL else _made_good(operations)
    for operation in operations:
        if refusal := _hindrance(request, verb, operation, open_ones, one=one):
            left_out.refuse(_name(operation), refusal)
            continue
        if operation.pk in made_good:
            left_out.add(_name(operation), _t("Was made good since:"))
            continue
        chosen.append(operation)
        open_ones[operation.client_id] = operation
    return chosen, left_out


def _made_good(operations: list[Operation]) -> set[int]:
    """The keys of those after which the client had a success."""
    keys = {operation.pk for operation in operations}
    failures = stats.not_made_good(Operation.objects.filter(pk__in=keys))
    return keys.difference(failures.values_list("pk", flat=True))


def _hindrance(
    request: HttpRequest,
    verb: str,
    operation: Operation,
    open_ones: dict[int, Operation],
    *,
    one: bool,
) -> TenantError | None:
    if not may_ask_for(request, operation.kind):
        return NotAllowed(user=request.user)
    if verb == CANCEL:
        waits = operation.state == OperationState.QUEUED
        return None if waits else OperationNotWaiting(operation=operation)
    if operation.state != OperationState.FAILED:
        return OperationNotFailed(operation=operation)
    open_operation = open_ones.get(operation.client_id)
    return retry_hindrance(
        operation, operation.client, open_operation=open_operation, among_many=not one
    )


def _sections(verb: str, chosen: list[Operation]) -> list[dict[str, Any]]:
    """What to expect, for each kind of operation that there is among the chosen."""
    if verb == CANCEL:
        return [{"title": "", "points": expectations.of_cancelling(len(chosen))}]
    by_kind: dict[str, list[Operation]] = {}
    for operation in chosen:
        by_kind.setdefault(operation.kind, []).append(operation)
    return [
        {
            "title": f"{OperationKind(kind).label} ({len(them)})" if len(by_kind) > 1 else "",
            "points": expectations.of_operation(OperationKind(kind), them[0].client)
            if len(them) == 1
            else expectations.of_many(
                OperationKind(kind),
                len(them),
                in_parts=any(is_brought_in_parts(each.client) for each in them),
            ),
        }
        for kind, them in by_kind.items()
    ]


def _name(operation: Operation) -> str:
    return f"{operation.client} (#{operation.pk})"


def _done(verb: str, count: int) -> str:
    if verb == RETRY:
        text = ngettext(
            "%(n)d operation is in the queue again.",
            "%(n)d operations are in the queue again.",
            count,
        )
    else:
        text = ngettext("%(n)d operation was cancelled.", "%(n)d operations were cancelled.", count)
    return text % {"n": count}


def _back(request: HttpRequest, *, after: bool = False) -> str:
    """The page of the rollout that the filter names, or the list under the same filter; after
    the work, with what is not over."""
    query = request.GET.copy()
    rollout = query.get(ROLLOUT, "")
    if keys_in(rollout, at_most=1):
        return reverse("admin:tenants_rollout_change", args=[int(rollout)])
    if after:
        query[StateFilter.parameter_name] = OPEN
    return f"{reverse('admin:tenants_operation_changelist')}?{query.urlencode()}"
