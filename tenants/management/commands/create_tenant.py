"""django-tenants' command, through this project's verbs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants.exceptions import TenantError
from tenants.models import OperationKind, OperationState, Plan
from tenants.operations.clients import create_client
from tenants.operations.request import request_operation
from tenants.operations.run import run_to_the_end

_ASKED = {
    "schema_name": "Schema name",
    "name": "Name",
    "domain": "Domain",
    "plan": "Code of the plan",
    "admin_name": "First admin's name",
    "admin_email": "First admin's e-mail",
}


class Command(BaseCommand):
    help = "Add a client with its domain, and make its schema with its first admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, label in _ASKED.items():
            spellings = {f"--{name}", f"--{name.replace('_', '-')}"}
            if name == "domain":  # as django-tenants calls it
                spellings.add("--domain-domain")
            parser.add_argument(*sorted(spellings), dest=name, help=label)
        parser.add_argument("--noinput", "--no-input", action="store_false", dest="interactive")

    def handle(self, *, interactive: bool, **options: Any) -> None:
        values = {name: options[name] or "" for name in _ASKED}
        for name, label in _ASKED.items():
            if not values[name] and interactive:
                values[name] = input(f"{label}: ").strip()
        code = values.pop("plan")
        plan = Plan.objects.filter(code=code).first()
        if plan is None:
            known = ", ".join(Plan.objects.values_list("code", flat=True)) or "none yet"
            raise CommandError(f"There is no plan “{code}”. Known plans: {known}.")
        try:
            client = create_client(**values, plan=plan, acting_user=None)
            operation = request_operation(
                client, OperationKind.CREATE_SCHEMA, acting_user=None, queued=False
            )
            operation = run_to_the_end(operation)
        except ValidationError as exc:
            raise CommandError(_lines(exc)) from exc
        except TenantError as exc:
            raise CommandError(str(exc)) from exc
        if operation.state != OperationState.SUCCEEDED:
            raise CommandError(
                f"{client} was added, but its schema was not made: {operation.error}\n"
                f"{operation.error_detail}"
            )
        self.stdout.write(f"{client} is ready at {values['domain']}.")


def _lines(exc: ValidationError) -> str:
    if not hasattr(exc, "error_dict"):
        return " ".join(exc.messages)
    return "\n".join(f"{name}: {' '.join(messages)}" for name, messages in exc.message_dict.items())
