"""Migrating many schemas by canaries and waves, from a terminal."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.exceptions import TenantError
from tenants.management.numbers import positive
from tenants.management.rollouts import chosen, follow, keys_of, print_outlook, state_of
from tenants.management.watching import number_of
from tenants.models import Operation, OperationKind, OperationState, Rollout, RolloutState
from tenants.operations import steering
from tenants.operations.many import retry_failed
from tenants.operations.outlook import look_ahead
from tenants.operations.rollout import Waves, request_rollout
from tenants.schemas.failing import PASSING

#: What can be done to a rollout that is there, by its number.
STEERING = ("show", "watch", "pause", "go-on", "end", "retry")


class Command(BaseCommand):
    help = (
        "Migrate many schemas: a few first, then in waves, by the workers. See docs/operating.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb, text in (("plan", "say what would be done"), ("start", "start and follow one")):
            sub = verbs.add_parser(verb, help=text)
            sub.add_argument("schemas", nargs="*", help="these alone; otherwise all behind")
            sub.add_argument("--plan", dest="plan", metavar="CODE", help="of this plan")
            sub.add_argument("--tag", help="with this tag")
        sub.add_argument("--canaries", type=positive, default=0, metavar="N", help="N go first")
        sub.add_argument(
            "--first", type=_names, default=(), metavar="NAMES", help="or these, with commas"
        )
        sub.add_argument("--look-first", action="store_true", help="stop after the first ones")
        sub.add_argument("--wave", type=positive, metavar="N", help="then N together")
        sub.add_argument("--abort-after", type=positive, metavar="N", help="stop after N failures")
        sub.add_argument("--no-wait", action="store_true", help="do not follow it")
        for verb in STEERING:
            verbs.add_parser(verb).add_argument("number", type=positive, help="of the rollout")

    def handle(self, *, verb: str, **options: Any) -> None:
        if verb in STEERING:
            self._steer(verb, options["number"])
            return
        if verb == "start":
            _must_agree(options)
        clients = chosen(options["schemas"], plan=options["plan"], tag=options["tag"])
        if not clients:
            self.stdout.write("No schema is behind.")
            return
        print_outlook(look_ahead(clients), self.stdout)
        if verb == "start":
            first = keys_of(options["first"], clients)
            waves = Waves(
                canaries=first or options["canaries"],
                size=options["wave"],
                abort_after=options["abort_after"],
                look_first=options["look_first"],
            )
            result = request_rollout(
                clients, OperationKind.MIGRATE_SCHEMA, acting_user=None, waves=waves
            )
            for client, refusal in result.refused:
                self.stderr.write(f"{client.schema_name}: {refusal}")
            if result.rollout is None:
                raise CommandError("Nothing was started.")
            self.stdout.write(f"{result.rollout}: {number_of(len(result.operations), 'schema')}.")
            if not options["no_wait"]:
                self._follow(result.rollout)

    def _steer(self, verb: str, number: int) -> None:
        rollout = Rollout.objects.filter(pk=number).first()
        if rollout is None:
            raise CommandError(f"There is no rollout {number}.")
        left_out: list[tuple[Operation, TenantError]] = []
        try:
            match verb:
                case "pause":
                    steering.pause(rollout, acting_user=None)
                case "go-on":
                    steering.go_on(rollout, acting_user=None)
                case "end":
                    left_out = steering.end(rollout, acting_user=None).refused
                case "retry":
                    failed = Operation.objects.filter(rollout=rollout, state=OperationState.FAILED)
                    failed = failed.select_related("client")
                    left_out = retry_failed(failed, acting_user=None).refused
        except TenantError as exc:
            raise CommandError(str(exc)) from exc
        for operation, refusal in left_out:
            self.stderr.write(f"{operation.client.schema_name}: {refusal}")
        if verb == "watch":
            self._follow(rollout)
        else:
            self.stdout.write(state_of(rollout))
        if left_out:
            raise CommandError(f"{len(left_out)} left out, as said above.")

    def _follow(self, rollout: Rollout) -> None:
        """Raises ``CommandError`` unless all of it is done, or it is paused and none has failed."""
        try:
            failed, cancelled = follow(rollout, self.stdout, self.stderr)
        except PASSING as exc:
            again = f"manage.py rollout watch {rollout.pk}"
            raise CommandError(f"The database went away. The workers go on; see: {again}") from exc
        if failed:
            also = f" and {cancelled} cancelled" if cancelled else ""
            on = f" and go-on {rollout.pk}" if rollout.state == RolloutState.PAUSED else ""
            raise CommandError(
                f"{failed} failed{also}. Mend them, then: manage.py rollout retry {rollout.pk}{on}"
            )
        if cancelled:
            raise CommandError(f"{cancelled} cancelled: no more is done for them.")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _must_agree(options: dict[str, Any]) -> None:
    """Raise ``CommandError`` where one option makes no sense with or without another."""
    if options["first"] and options["canaries"]:
        raise CommandError("Give --canaries or --first, not both.")
    if options["look_first"] and not (options["first"] or options["canaries"]):
        raise CommandError("--look-first needs --canaries or --first.")
