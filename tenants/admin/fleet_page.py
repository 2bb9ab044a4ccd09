"""What the page of the fleet says above its list, and what mends each finding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _t

from tenants import schema_state
from tenants.admin.base import client_url, may_provision
from tenants.admin.durations import duration_in_words
from tenants.admin.operation_filters import UNRESOLVED
from tenants.admin.operation_page import Button
from tenants.exceptions import OperationOpen, TenantError
from tenants.fleet_state import BehindGroup, fleet_state
from tenants.models import Client, FindingKind, OperationKind, SchemaFinding
from tenants.operations import mending
from tenants.operations.authorise import ADD, ARCHIVE, DROP, SUSPEND
from tenants.operations.hindrance import hindrance
from tenants.operations.refusals import SchemaIsThere

#: So many groups of those behind are shown, and so many names of what one lacks.
GROUPS_SHOWN = 20
NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class State:
    """How many schemas are in a state, with the list behind the number."""

    label: str
    number: int
    url: str
    hint: str
    #: A colour where the number is not zero: ``bad``, ``warn``, or none.
    tone: str = ""


def overview(request: HttpRequest) -> dict[str, Any]:
    """The same number of queries for any number of clients."""
    state = fleet_state()
    may = may_provision(request)
    check = state.check
    return {
        "check": check,
        "check_took": duration_in_words(check.finished_at - check.started_at) if check else "",
        "may_check": may,
        "states": [
            State(
                _t("Current"),
                state.current,
                _clients(schema_state.READY),
                _t("Up to date with this version of the console."),
            ),
            State(
                _t("Behind"),
                state.behind,
                _clients(schema_state.BEHIND),
                _t("They lack migrations: migrate them. Until then their pages may be closed."),
                "warn",
            ),
            State(
                _t("Failed"),
                state.failed,
                reverse("admin:tenants_operation_changelist", query={"state": UNRESOLVED}),
                _t("The last thing that was asked for failed: mend the cause, and try it again."),
                "bad",
            ),
            State(
                _t("Missing"),
                state.missing,
                _findings(FindingKind.MISSING),
                _t("The client's schema is not in the database."),
                "bad",
            ),
            State(
                _t("Orphaned"),
                state.orphaned,
                _findings(FindingKind.ORPHANED),
                _t("The schema has no client: adopt it, or drop it."),
                "warn",
            ),
            State(
                _t("Drifted"),
                state.drifted,
                _findings(FindingKind.DRIFTED),
                _t("Up to date, and yet not as the migrations make it: somebody changed it."),
                "warn",
            ),
            *(
                [
                    State(
                        _t("Not known"),
                        state.unknown,
                        _clients(schema_state.UNKNOWN),
                        _t("Nobody has looked yet which migrations they have: check now."),
                    )
                ]
                if state.unknown
                else []
            ),
        ],
        "groups": [_group(group, may) for group in state.groups[:GROUPS_SHOWN]],
        "more_groups": max(len(state.groups) - GROUPS_SHOWN, 0),
        "migrate_all_url": _rollout("?behind=1") if may and len(state.groups) > 1 else "",
    }


def _group(group: BehindGroup, may: bool) -> dict[str, Any]:
    return {
        "clients": group.clients,
        "number": len(group.lacks),
        "names": group.lacks[:NAMES_SHOWN],
        "more": max(len(group.lacks) - NAMES_SHOWN, 0),
        "url": _rollout(f"?version={group.version}") if may else "",
    }


def _rollout(query: str) -> str:
    return reverse("admin:tenants_client_rollout", args=[OperationKind.MIGRATE_SCHEMA]) + query


def _clients(state: str) -> str:
    return reverse("admin:tenants_client_changelist", query={"schema": state})


def _findings(kind: FindingKind) -> str:
    return reverse("admin:tenants_schemafinding_changelist", query={"kind__exact": kind.value})


#: Why the schema of each client, by its key, cannot be made anew; ``None`` where it can.
Hindrances = dict[int, TenantError | None]


def again_hindrances(findings: Iterable[SchemaFinding]) -> Hindrances:
    """Of those that are missing; two queries for any number of them."""
    missing = [finding.client for finding in findings if finding.kind == FindingKind.MISSING]
    return mending.again_hindrances([client for client in missing if client is not None])


def buttons_for(
    request: HttpRequest, finding: SchemaFinding, hindrances: Hindrances
) -> list[Button]:
    """What this user can do about it, as things are; each asks first."""
    may = request.user.has_perm
    buttons = []
    client = finding.client
    match finding.kind:
        case FindingKind.MISSING if client is not None:
            return _for_missing(request, finding, client, hindrances[client.pk])
        case FindingKind.ORPHANED if finding.is_ours:
            is_archived = client is not None and client.is_archived
            if may_provision(request) and (may(ADD) if client is None else not is_archived):
                buttons.append(_button(finding, "adopt", _t("Adopt"), "add_home"))
            if may(DROP) and (client is None or is_archived):
                buttons.append(_button(finding, "drop", _t("Drop"), "delete_forever"))
    return buttons


def _for_missing(
    request: HttpRequest, finding: SchemaFinding, client: Client, why_not: TenantError | None
) -> list[Button]:
    """None of them while an operation of the client is not over, for that refuses them all."""
    if isinstance(why_not, OperationOpen):
        return []
    may = request.user.has_perm

    def button(verb: str, text: str, icon: str) -> Button:
        return Button(reverse(f"admin:tenants_client_{verb}", args=[client.pk]), text, icon)

    if client.is_archived:
        may_drop = may(DROP) and not _not_droppable(client)
        return [button("drop_schema", _t("Drop schema"), "delete_forever")] if may_drop else []
    buttons = []
    if why_not is None and may_provision(request):
        buttons.append(_button(finding, "again", _t("Provision again"), "add_circle"))
    if client.is_suspended and may(SUSPEND):
        buttons.append(button("reactivate", _t("Reactivate"), "play_circle"))
    if may(ARCHIVE):
        buttons.append(button("archive", _t("Archive"), "archive"))
    return buttons


def _not_droppable(client: Client) -> TenantError | None:
    """Why its schema cannot be dropped as the client is: its data is kept for some time, say."""
    return hindrance(client, OperationKind.DROP_SCHEMA, open_operation=None)


def _button(finding: SchemaFinding, name: str, text: str, icon: str) -> Button:
    return Button(reverse(f"admin:tenants_schemafinding_{name}", args=[finding.pk]), text, icon)


def advice_for(finding: SchemaFinding, hindrances: Hindrances) -> list[str]:
    """What to know before anything is done about it."""
    client = finding.client
    match finding.kind:
        case FindingKind.MISSING:
            lines = [
                _t("The client's row says that the schema is made, and the database has none."),
                _t("What was in it comes back from a backup alone: look for one first."),
            ]
            why_not = hindrances.get(client.pk) if client is not None else None
            if isinstance(why_not, OperationOpen | SchemaIsThere):
                lines.append(str(why_not))
            if client is not None and client.is_suspended:
                lines.append(_t("The client is suspended: reactivate it before it gets a new one."))
            if client is not None and client.is_archived:
                lines.append(_t("The client is archived: dropping the schema puts its row right."))
                if refusal := _not_droppable(client):
                    lines.append(str(refusal))
            return lines
        case FindingKind.ORPHANED if not finding.is_ours:
            return [
                _t(
                    "No client has this schema, and it was not made by the console or belongs to "
                    "another role. The console leaves it alone."
                )
            ]
        case FindingKind.ORPHANED:
            lines = [_t("No client has this schema. Find out whose it is: a restore, perhaps.")]
            if client is not None:
                text = _t("%(client)s has its name, and no schema yet (%(status)s).")
                status = client.get_status_display()
                lines.append(text % {"client": client, "status": status})
            return lines
    return [
        _t("The schema has all migrations, and yet it is not as they make it."),
        _t("Rights are put right by “manage.py sync_roles --schema %(schema)s”.")
        % {"schema": finding.schema_name},
        _t(
            "Anything else somebody changed by hand: a database administrator can change it back. "
            "Check again after that."
        ),
    ]


def client_link_of(finding: SchemaFinding) -> str:
    return client_url(finding.client) if finding.client else ""
