"""The demo: companies, people and tasks, imported from `fixtures/` as any file would be."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import StaffRole, TenantRole
from console.importing.files import import_file
from console.importing.results import ImportResult
from tenants.exceptions import TenantError
from tenants.models import Client, OperationKind, OperationState, Plan
from tenants.operations.demo_timeline import (
    Past,
    become,
    needs_schema,
    set_dates,
    with_dates_later,
)
from tenants.operations.plans import retire
from tenants.operations.reconcile import reconcile
from tenants.operations.request import request_operation
from tenants.operations.run import run_to_the_end
from tenants.schemas.migrate import Report

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
STAFF = ("staff@console.example", "Stella Staff")
#: One more of the staff for each role, to try what it may do.
COLLEAGUES = {
    StaffRole.VIEWER: ("viewer@console.example", "Vera Viewer"),
    StaffRole.OPERATOR: ("operator@console.example", "Oscar Operator"),
    StaffRole.MANAGER: ("manager@console.example", "Mona Manager"),
}
PASSWORD = "demo-console-1"  # noqa: S105 - printed on every start; for a loopback address alone
# A fixed salt makes one hash for all of the demo's accounts: making a hash takes a quarter of a
# second, on purpose, and there are some forty accounts.
_SALT = "the.demo.of.the.console"
#: What a company has, in the order in which one needs the other; tasks are the last.
WORK = ("customers", "labels", "projects", "milestones", "tasks")
#: Plans that the demo retires once its clients have them.
RETIRED = ("starter",)


class DemoOutOfPlace(TenantError):
    """The demo's accounts have a known password, and this console may be reachable."""

    message = gettext_lazy(
        "The demo has accounts whose password anybody can read, and this console answers for "
        "%(domain)s. Use --force if nobody else can reach it."
    )


class DemoFailed(TenantError):
    """A file of the demo, or a schema for it, was refused."""

    message = gettext_lazy("The demo stopped at %(what)s: %(why)s")


@dataclass(frozen=True)
class Login:
    """An address with an account of the demo, if it is there; ``password`` is empty where
    somebody has changed it."""

    place: str
    host: str
    email: str
    password: str


def is_first_run() -> bool:
    """Whether nobody has used this console yet: no staff, and no clients but the demo's.

    A demo that was interrupted counts as a first run, for the staff account is made last.
    """
    if User.objects.exists():
        return False
    ours = [row["schema_name"] for row in _rows("clients.csv")]
    return not Client.objects.companies().exclude(schema_name__in=ours).exists()


def load_demo(*, report: Report, force: bool = False) -> None:
    """Import the demo's files, make the schemas of the companies with tasks, and the accounts.

    Can be run again: it puts the demo's rows back to what the files say and leaves all others.
    Makes accounts with a known password, so it raises ``DemoOutOfPlace`` unless the console's
    own host is ``localhost``; ``force`` skips that. Raises ``DemoFailed``, and what the
    verbs raise that it calls.
    """
    if settings.CONSOLE_DOMAIN != "localhost" and not force:
        raise DemoOutOfPlace(domain=settings.CONSOLE_DOMAIN)
    # A demo that was killed may have left an operation that says it runs.
    reconcile()
    password = _password_hash()
    _make_clients(report)
    people = _rows("people.csv")
    timeline = {row["schema_name"]: row for row in _rows("timeline.csv")}
    for schema in dict.fromkeys(row["schema_name"] for row in people):
        client = Client.objects.get(schema_name=schema)
        past = Past(client, timeline[schema])
        with schema_context(schema), transaction.atomic():
            _make_people([row for row in people if row["schema_name"] == schema], password)
            result = _import_work(schema, past).summary()
        report(_("Demo: tasks of %(name)s: %(result)s.") % {"name": client, "result": result})
    with transaction.atomic():
        for role, (email, name) in COLLEAGUES.items():
            user = _make_user(email, name, password, is_superuser=False)
            user.groups.add(role.value)
        email, name = STAFF
        _make_user(email, name, password, is_superuser=True)


def _make_clients(report: Report) -> None:
    """Plans and clients with their past, and the schemas of those that are in use."""
    timeline = _rows("timeline.csv")
    with transaction.atomic():
        new_plans = _import("plans")
        new_clients = _import("clients")
        set_dates(new_clients.added, timeline)
        # Now that its clients have it: a plan that is retired can be given to nobody.
        for plan in Plan.objects.filter(pk__in=new_plans.added, code__in=RETIRED):
            retire(plan, acting_user=None)
    for kind, result in (("plans", new_plans), ("clients", new_clients)):
        report(_("Demo: %(kind)s: %(result)s.") % {"kind": kind, "result": result.summary()})
    for row in timeline:
        if needs_schema(row):
            client = Client.objects.get(schema_name=row["schema_name"])
            if _provide_schema(client, report):
                become(client, row["becomes"])


def logins() -> Iterator[Login]:
    """The address of the staff side and of each demo company that has its schema, with an
    account of the demo where it is still there and active."""
    password = _password_hash()
    yield _login(_("Staff"), settings.CONSOLE_DOMAIN, STAFF[0], password)
    people = [row for row in _rows("people.csv") if row["admin"] == "yes"]
    admins = {row["schema_name"]: row["email"] for row in people}
    clients = Client.objects.provisioned().with_schema_exists().filter(schema_exists=True)
    for client in clients.filter(schema_name__in=admins):
        domain = client.get_primary_domain()
        if domain is not None:
            with schema_context(client.schema_name):
                email = admins[client.schema_name]
                yield _login(client.name, domain.domain, email, password)


def _login(place: str, host: str, email: str, password: str) -> Login:
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None:
        return Login(place, host, "", "")
    return Login(place, host, email, PASSWORD if user.password == password else "")


def _password_hash() -> str:
    return make_password(PASSWORD, salt=_SALT)


def _rows(name: str) -> list[dict[str, str]]:
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _import_work(schema: str, past: Past) -> ImportResult:
    """Import what a company has beside its people; returns what came of its tasks."""
    began = timezone.now()
    for kind in WORK:
        name = f"{kind}_{schema}.csv"
        if (FIXTURES / name).exists():
            result = _import(kind, name, later_by=past.days_later)
    if result.added:
        bring_to_life: Callable[..., None] = import_string(settings.DEMO_WORK)
        with timezone.override(past.time_zone):
            bring_to_life(
                result.added,
                began=began,
                signed_up=past.signed_up,
                loaded_at=past.loaded_at,
                comments=_rows(f"comments_{schema}.csv"),
                time=_rows(f"time_{schema}.csv"),
            )
    return result


def _import(kind: str, name: str = "", *, later_by: int = 0) -> ImportResult:
    """Import a file with the resource that the settings name for its kind, its dates ``later_by``
    so many days."""
    name = name or f"{kind}.csv"
    resource = import_string(settings.DEMO_RESOURCES[kind])
    content = with_dates_later((FIXTURES / name).read_bytes(), later_by)
    result: ImportResult = import_file(resource, content)
    for errors in result.errors_by_column():
        first = next(iter(errors.sentences.values()))
        raise DemoFailed(what=f"{name}, {first.where}", why=first.text)
    return result


def _provide_schema(client: Client, report: Report) -> bool:
    """Make the client's schema where it has none; whether it was made now."""
    if client.is_provisioned or client.is_archived:
        return False
    report(_("Demo: making the schema of %(name)s.") % {"name": client})
    operation = client.operations.open().first()
    if operation is None:
        operation = request_operation(
            client, OperationKind.CREATE_SCHEMA, acting_user=None, queued=False
        )
    operation = run_to_the_end(operation)
    if operation.state != OperationState.SUCCEEDED:
        raise DemoFailed(what=client, why=operation.error)
    return True


def _make_people(rows: list[dict[str, str]], password: str) -> None:
    for row in rows:
        user = _make_user(row["email"], row["name"], password, is_superuser=False)
        # The role of one who is there already may be another one by now.
        if not user.groups.filter(pk__in=TenantRole.values).exists():
            role = TenantRole.OWNER if row["admin"] == "yes" else TenantRole.MEMBER
            user.groups.add(role.value)


def _make_user(email: str, name: str, password: str, *, is_superuser: bool) -> User:
    """Add the account, or give a password to one that has none, as the first admin has none."""
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User(email=email, name=name, is_staff=True, is_superuser=is_superuser)
    if not user.password or not user.has_usable_password():
        user.password = password
        user.save()
    return user
