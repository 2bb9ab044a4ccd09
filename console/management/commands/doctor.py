"""Tries whether this installation keeps its tenants apart and does its work."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console import env
from console.doctor import Finding, Verdict, examine


class Command(BaseCommand):
    help = (
        "Try, on this installation, whether tenants are kept apart and everything does its work; "
        "say what was tried, what was seen, and what to do. Makes two schemas and removes them "
        "again. The exit status is 1 where something failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        if env.login() != "owner":
            raise CommandError(
                "The doctor needs both logins: set CONSOLE_LOGIN=owner, beside both URLs."
            )
        findings = []
        for finding in examine():
            findings.append(finding)
            if not options["json"]:
                self._tell(finding)
        counts = Counter(finding.verdict for finding in findings)
        if options["json"]:
            report = {
                "ok": not counts[Verdict.FAILED],
                "counts": {str(verdict): counts[verdict] for verdict in Verdict},
                "findings": [finding.as_dict() for finding in findings],
            }
            self.stdout.write(json.dumps(report, indent=2))
        else:
            self.stdout.write(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))
        if counts[Verdict.FAILED]:
            raise SystemExit(1)

    def _tell(self, finding: Finding) -> None:
        style = {
            Verdict.OK: self.style.SUCCESS,
            Verdict.WARNING: self.style.WARNING,
            Verdict.FAILED: self.style.ERROR,
        }[finding.verdict]
        self.stdout.write(f"{style(f'{finding.verdict:8}')} {finding.name}")
        self.stdout.write(f"         {finding.tried} {finding.seen}")
        if finding.to_do:
            self.stdout.write(f"         → {finding.to_do}")
