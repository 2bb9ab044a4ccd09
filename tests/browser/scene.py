"""A console with the demo and, on top of it, one of everything that a page can show."""

from __future__ import annotations

import os
import signal
from typing import Any

from psycopg.sql import SQL, Composed, Identifier

from tests.launcher import RunningConsole
from tests.processes import database, manage, until

#: The demo's password, which `make run` prints; and who signs in where.
PASSWORD = "demo-console-1"
STAFF = "staff@console.example"
VIEWER = "viewer@console.example"
ADMIN = "ada@acme.example"

# By the verbs, as the pages do it: a suspended client, an archived one, one whose schema could not
# be made, a rollout that is over, a plan that is not offered any more.
_SCENE = """
from django.contrib.auth.models import Group
from django.utils import timezone
from django_tenants.utils import schema_context
from console.company.models import DataExport
from django.core.files.base import ContentFile
from console.accounts.models import User
from tenant_data.models import (
    Attachment, Comment, Customer, Label, Milestone, Project, Task, TimeEntry)
from tenants.models import Client, OperationKind, Plan
from tenants.operations import lifecycle
from tenants.operations.request import request_operation
from tenants.operations.rollout import request_rollout
from tenants.operations.run import run_to_the_end

def client(name): return Client.objects.get(schema_name=name)
def create(client, **how):
    return request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=None, **how)

request_rollout(
    [client("globex"), client("initech")], OperationKind.MIGRATE_SCHEMA, acting_user=None)
run_to_the_end(create(client("{taken}"), queued=False))
lifecycle.suspend(client("hooli"), reason="No answer to three bills", acting_user=None)
lifecycle.archive(client("umbrella"), removal_on=timezone.localdate(), acting_user=None)
Plan.objects.create(code="old", name="Old plan", is_retired=True)
Group.objects.create(name="Summer help")
with schema_context("acme"):
    Group.objects.create(name="Summer help")
    new = Project.objects.create(key="NEW", name="Without a task")
    Milestone.objects.create(project=new, name="Beta")
    Customer.objects.create(name="Baker and sons")
    Label.objects.create(name="Urgent", colour="red")
    for state in ("failed", "done"):
        DataExport.objects.create(
            state=state, requested_by_email="{admin}", finished_at=timezone.now(), size=52000,
            error="" if state == "done" else "It was interrupted.", row_counts={{"tasks.csv": 12}})
    task = Task.objects.exclude(status="done").order_by("pk").first()
    task.milestone = Milestone.objects.create(
        project=task.project, name="Launch", due_on=timezone.localdate())
    task.estimate = 8
    task.save()
    Comment.objects.create(task=task, text="It waits for the pictures.")
    task, ada = Task.objects.latest("pk"), User.objects.get(email="ada@acme.example")
    Task.objects.filter(pk=task.pk).update(estimate=1)
    for person in (ada, User.objects.exclude(pk=ada.pk).first()):
        Comment.objects.create(
            task=task, author=person, text="See https://acme.example", edited_at=timezone.now())
        TimeEntry.objects.create(task=task, person=person, minutes=90, note="Sketches")
    Attachment.objects.create(task=task, file=ContentFile(b"text", name="a"), name="notes.txt",
                              content_type="text/plain", size=4, uploaded_by=ada)
"""
_WAITING = """
from tenants.models import Client, OperationKind
from tenants.operations.request import request_operation
request_operation(Client.objects.get(schema_name="{waiting}"), OperationKind.CREATE_SCHEMA,
                  acting_user=None)
"""
# One import of each kind of file, each with another page.
_IMPORTS = """
from datetime import timedelta
from django.utils import timezone
from django_tenants.utils import schema_context
from console.accounts.models import User
from console.importing.models import OVER, Import
now, shown = timezone.now(), {"read_as": ["Read as UTF-8, with commas between the cells."]}
def bring(model, state, **fields):
    over = state in OVER
    Import.objects.create(
        model=model, state=state, file_name=f"{state}.csv", digest=state, size=900,
        stored_as="" if over else model[:32], faulty="0" * 32, preview=shown,
        requested_by=User.objects.order_by("pk").first(), requested_by_email="ada@acme.example",
        finished_at=now if over else None, confirmed_at=now, started_at=now,
        total=900, done=300, rate=120, new=700, changed=150, in_error=50, **fields)
for model, state in {"client": "running", "domain": "failed", "plan": "ready"}.items():
    bring(f"tenants.{model}", state, error="It was interrupted.")
with schema_context("acme"):
    bring("tenant_data.project", "running", cancel_asked=True)
    bring("tenant_data.milestone", "failed", error="Somebody else changed the same data.")
    bring("tenant_data.label", "undone", undone_at=now, undone_by_email="ada@acme.example",
          left_alone={"removed": {"tenant_data.label": 2}, "restored": {"tenant_data.label": 1},
                      "left": 1, "named": [["tenant_data.label", "Idea", "edited since"]]})
    bring("tenant_data.task", "done", good_rows_only=True)
    bring("tenant_data.customer", "unsettled", error="The column “name” is missing.")
"""
# A schema of each sort that the fleet's page has a way on for.
_FLEET = """
from django.utils import timezone
from tenants.models import CheckReason, Client, ClientStatus
from tenants.operations.fleet_check import verify_fleet
from tenants.schemas.provision import create_any_schema
quiet = lambda *args, **kwargs: None
create_any_schema("lost", report=quiet)
Client.objects.create(schema_name="gone", name="Gone", admin_email="gus@gone.example",
                      status=ClientStatus.ACTIVE, provisioned_at=timezone.now())
verify_fleet(reason=CheckReason.COMMAND, report=quiet)
"""


def set_scene(console: RunningConsole) -> None:
    """Add to the demo what it has none of, and stop the worker. Run once per console.

    The worker does not go on: one operation waits for as long as the console runs.
    """
    with database(console) as connection:
        taken, waiting = (
            row["schema_name"]
            for row in connection.execute(
                "SELECT schema_name FROM tenants_client WHERE provisioned_at IS NULL "
                "AND schema_name <> 'public' ORDER BY schema_name LIMIT 2"
            )
        )
        # Somebody made the schema by hand, so creating it fails.
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(taken)))
        _shell(console, _SCENE.format(taken=taken, admin=ADMIN))
        until(
            lambda: (
                not _ids(connection, "SELECT id FROM tenants_operation WHERE finished_at IS NULL")
            ),
            what="the operations of the scene are over",
        )
        connection.execute("CREATE TABLE globex.extra (id int PRIMARY KEY)")
        _shell(console, _FLEET)
        _shell(console, _IMPORTS)
        os.kill(console.worker_pid(), signal.SIGSTOP)
        _shell(console, _WAITING.format(waiting=waiting))


def clear_scene(console: RunningConsole) -> None:
    """Let the worker end with the console."""
    os.kill(console.worker_pid(), signal.SIGCONT)


def _shell(console: RunningConsole, script: str) -> None:
    manage(console, "shell", "--verbosity=0", "-c", script)


def keys(console: RunningConsole, schema: str) -> dict[str, list[int]]:
    """Keys of rows by ``app_model``, of clients one for each status and schema that there is."""
    with database(console) as connection:
        tables = connection.execute(
            "SELECT table_name AS name FROM information_schema.columns "
            "WHERE table_schema = %s AND column_name = 'id'",
            [schema],
        ).fetchall()
        found: dict[str, list[int]] = {}
        for table in tables:
            name = Identifier(schema, table["name"])
            newest = SQL("SELECT id FROM {} ORDER BY id DESC LIMIT 10").format(name)
            found[table["name"]] = _ids(connection, newest)
        if schema == "public":
            found["tenants_client"] = _ids(
                connection,
                "SELECT DISTINCT ON (status, provisioned_at IS NULL) id FROM tenants_client "
                "WHERE schema_name <> 'public' ORDER BY status, provisioned_at IS NULL, id",
            )
        return found


def _ids(connection: Any, query: str | Composed) -> list[int]:
    return [row["id"] for row in connection.execute(query)]
