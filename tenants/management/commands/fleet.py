"""How all schemas are: by what is kept of them, or looked at anew."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.postgres.exceptions import OwnerRightsRefused
from tenants.fleet_state import FleetState, fleet_state
from tenants.models import CheckReason, FindingKind, FleetCheck, SchemaFinding
from tenants.operations.fleet_check import verify_fleet
from tenants.operations.mending import again_hindrances

_STATES = ("current", "behind", "unknown", "unmade", "archived", "failed")
_FOUND = ("missing", "orphaned", "drifted")
#: What can be done about a schema that is missing, where nothing stands in the way.
_AGAIN = "Restore it from a backup, or make a new one: “Provision again” on the page “Fleet”."
#: Of one schema, so many differences are printed.
_LINES = 20


class Command(BaseCommand):
    help = (
        "Say how many schemas are current, behind, missing, orphaned or drifted, and which. The "
        "exit status is 1 where something is missing, orphaned, drifted or failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--verify", action="store_true", help="look at every schema, not at what is kept"
        )
        parser.add_argument("--json", action="store_true", help="one object, for a monitor")

    def handle(self, *, verify: bool, json: bool, **options: Any) -> None:
        if verify:
            try:
                verify_fleet(reason=CheckReason.COMMAND, report=self.stderr.write)
            except OwnerRightsRefused as exc:
                raise CommandError(str(exc)) from exc
        state = fleet_state()
        findings = list(SchemaFinding.objects.standing().select_related("client"))
        (self._print_json if json else self._print)(state, findings)
        if not state.is_fine:
            raise CommandError("Not all schemas are as they should be; see above.")

    def _print(self, state: FleetState, findings: list[SchemaFinding]) -> None:
        self.stdout.write(_when(state.check))
        for name in (*_STATES, *_FOUND):
            self.stdout.write(f"{name:>9}  {getattr(state, name)}")
        for group in state.groups:
            lacks = ", ".join(group.lacks[:_LINES])
            self.stdout.write(f"behind: {group.clients} lack {len(group.lacks)}: {lacks}")
        missing = [row.client for row in findings if row.kind == FindingKind.MISSING and row.client]
        why_not = again_hindrances(missing)
        for finding in findings:
            owner = finding.client.name if finding.client else "no client"
            ours = "" if finding.is_ours else ", not made by the console"
            self.stdout.write(f"{finding.kind}: {finding.schema_name} ({owner}{ours})")
            if finding.client in missing:
                self.stdout.write(f"  {why_not[finding.client.pk] or _AGAIN}")
            for line in finding.differences[:_LINES]:
                self.stdout.write(f"  {_in_words(line)}")
            if (more := finding.difference_count - _LINES) > 0:
                self.stdout.write(f"  and {more} more")

    def _print_json(self, state: FleetState, findings: list[SchemaFinding]) -> None:
        told = {
            **{name: getattr(state, name) for name in (*_STATES, *_FOUND)},
            "is_fine": state.is_fine,
            "checked_at": state.check.finished_at.isoformat() if state.check else None,
            "passed_over": state.check.passed_over if state.check else [],
            "behind_by": [asdict(group) for group in state.groups],
            "findings": [
                {
                    "schema": finding.schema_name,
                    "kind": finding.kind,
                    "is_ours": finding.is_ours,
                    "found_at": finding.found_at.isoformat(),
                    "difference_count": finding.difference_count,
                    "differences": finding.differences,
                }
                for finding in findings
            ],
        }
        self.stdout.write(json.dumps(told, indent=2))


def _when(check: FleetCheck | None) -> str:
    if check is None:
        return "Never checked: “manage.py fleet --verify” looks at every schema."
    took = (check.finished_at - check.started_at).total_seconds()
    line = (
        f"Checked {check.finished_at:%Y-%m-%d %H:%M} UTC: {check.schemas} schemas in {took:.1f} s."
    )
    if check.passed_over:
        line += f" Passed over, for others were at work on them: {', '.join(check.passed_over)}."
    return line


def _in_words(difference: dict[str, str]) -> str:
    name, expected, found = difference["object"], difference["expected"], difference["found"]
    if not expected:
        return f"{name}: {found}"
    return f"{name}: not there" if not found else f"{name}: {found} in place of {expected}"
