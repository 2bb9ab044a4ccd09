"""Rounds in which something is killed at a random moment of providing, migrating and dropping.

Nobody touches the database after that. The dead are started again; what was being asked for when
it happened is asked for again where nothing of it was written, as people do, and what failed is
tried again by its button's verb. From the kill on, every look at the clients must find the rows
and the catalog of one mind, and in the end everything is done and nobody else's rows are others.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial

import psycopg
from django.db import Error, connection
from django.utils import timezone
from django_tenants.utils import schema_context

from tenant_data.models import Customer, Project, Task
from tenants.exceptions import TenantError
from tenants.models import Client, Operation, OperationState, Rollout, RolloutState
from tenants.operations.drop import request_drop
from tenants.operations.lifecycle import archive
from tenants.operations.request import request_operation, retry_operation
from tenants.operations.rollout import Waves, request_rollout
from tests.database import make_client
from tests.processes import until
from tests.tenants.kill_scene import Scene, media_of
from tests.tenants.kill_truth import Row, left_over, lies, look, nobodys, own_rows, whole
from tests.tenants.kill_wishes import Counts, Kill, Wish
from tests.tenants.operating import CREATE, DROP, MIGRATE, make_behind

#: What is killed, each of them once in ten rounds.
KINDS = (
    "worker",
    "both workers",
    "web",
    "postgres",
    "backend",
    "worker+web",
    "worker+postgres",
    "web+postgres",
    "backend+worker",
    "backend+web",
)
#: How long the longest round may take to end (seconds).
PATIENCE = 120.0
BYSTANDERS = ("aside1", "aside2")
MOVERS = ("mover1", "mover2", "mover3", "mover4")


class Rounds:
    """A fleet, and what happens to it. Deterministic in what is drawn, not in what it meets."""

    def __init__(self, scene: Scene, rng: random.Random) -> None:
        self._scene, self._rng = scene, rng
        self.counts = Counts()
        self._to_drop = [make_client(f"made0{x}", ready=False) for x in "ab"]
        clients = [make_client(name, ready=False) for name in (*BYSTANDERS, *MOVERS)]
        request_rollout([*clients, *self._to_drop], CREATE, acting_user=None)
        until(lambda: not Operation.objects.open().exists(), what="the schemas are made")
        for client in clients:
            _fill(client)
        self._movers = list(Client.objects.filter(schema_name__in=MOVERS))
        self._whole = whole(Client.objects.get(schema_name=BYSTANDERS[0]))
        self._aside = {name: own_rows(name) for name in BYSTANDERS}
        self._own = {name: self._own_rows(name) for name in MOVERS}
        self._is_first_look = True
        #: The newest operation of each client before the round.
        self._before: dict[str, int] = {}

    def run(self, rounds: int, report: Callable[[str], None]) -> Counts:
        kinds: list[str] = []
        for number in range(1, rounds + 1):
            kinds = kinds or self._rng.sample(KINDS, len(KINDS))
            what = kinds.pop()
            began = time.monotonic()
            self._run(number, what)
            self.counts.kills[what] += 1
            report(f"round {number}: {what}, {time.monotonic() - began:.1f} s")
        return self.counts

    def _run(self, number: int, what: str) -> None:
        wishes = self._wishes(number)
        with self._killed_in_the_middle(what) as killed:
            self._ask(wishes)
            killed.wait(PATIENCE)
        self._is_first_look = True
        self._until_over(number, wishes)
        self._count(wishes, at=killed.at)
        self._check(number)

    def _wishes(self, number: int) -> list[Wish]:
        """Two schemas to be made, one of them by the page; two to be dropped; four to be
        migrated, after a canary in waves of two."""
        made = [make_client(f"made{number + 1}{x}", ready=False) for x in "ab"]
        wishes = [
            Wish(made[0], CREATE, lambda: request_operation(made[0], CREATE, acting_user=None)),
            Wish(made[1], CREATE, lambda: self._scene.ask_to_create(made[1])),
        ]
        for client in self._to_drop:
            folder = media_of(self._scene) / client.schema_name
            folder.mkdir(parents=True)
            (folder / "file.txt").write_text("a file of the tenant")
            archive(client, removal_on=timezone.localdate(), acting_user=None)
            wishes.append(Wish(client, DROP, lambda client=client: _drop(client)))
        self._to_drop = made
        for mover in self._movers:
            make_behind(mover.schema_name)
        ask = self._roll_out
        wishes += [Wish(mover, MIGRATE, ask) for mover in self._movers]
        self._before = {wish.client.schema_name: wish.newest for wish in wishes}
        self._rng.shuffle(wishes)
        return wishes

    def _roll_out(self) -> None:
        waves = Waves(canaries=1, size=2)
        request_rollout(self._movers, MIGRATE, acting_user=None, waves=waves)

    @contextmanager
    def _killed_in_the_middle(self, what: str) -> Iterator[Kill]:
        """Kill from another thread: the web server while it is asked, and others when so many
        operations are done, and a moment later."""
        kill = Kill(
            partial(self._scene.kill, what),
            self._scene.them.owner_url,
            done=0 if "web" in what else self._rng.randrange(7),
            moment=self._rng.uniform(0, 0.7),
        )
        kill.start()
        try:
            yield kill
        finally:
            kill.join()

    def _ask(self, wishes: list[Wish]) -> None:
        """Ask for all that is not asked for yet; who is not answered will ask again."""
        for wish in wishes:
            try:
                wish.ask_unless_written()
            except (Error, OSError, TenantError):
                connection.close()

    def _until_over(self, number: int, wishes: list[Wish]) -> None:
        """Look again and again until all is done."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self._scene.mend()
            if self._look(number) and self._is_over(wishes):
                self._look(number)
                return
            assert time.monotonic() < deadline, self._unfinished(number, wishes)
            time.sleep(0.1)

    def _look(self, number: int) -> bool:
        """Look at all clients; returns whether there was an answer."""
        try:
            with psycopg.connect(self._scene.them.owner_url, autocommit=True) as looker:
                rows, homeless = look(looker), nobodys(looker)
        except psycopg.OperationalError:
            return False  # It is that connection that was ended.
        self.counts.looks += 1
        if self._is_first_look:
            self.counts.caught += sum(row["state"] == "running" for row in rows)
            self._is_first_look = False
        for row in rows:
            self._wrong(
                number,
                row["schema"],
                lies(row, self._whole, before=self._before.get(row["schema"])),
                row,
            )
        self._wrong(number, "nobody's", homeless)
        return True

    def _wrong(self, number: int, whose: str, what: list[str], row: Row | None = None) -> None:
        self.counts.wrong += [f"round {number}: {whose}: {each} {row or ''}" for each in what]

    def _is_over(self, wishes: list[Wish]) -> bool:
        """Whether all that was asked for is done; asks again for what is not."""
        self._ask(wishes)
        found = [wish.operation() for wish in wishes]
        for wish, operation in zip(wishes, found, strict=True):
            if operation is not None and operation.state == OperationState.FAILED:
                retry_operation(operation, acting_user=None)
                wish.is_retried = True
        done = all(one is not None and one.state == OperationState.SUCCEEDED for one in found)
        return done and not Rollout.objects.exclude(state=RolloutState.OVER).exists()

    def _count(self, wishes: list[Wish], *, at: datetime) -> None:
        for wish in wishes:
            operation = wish.operation()
            assert operation is not None
            assert operation.finished_at is not None
            how = wish.end or f"done {'before' if operation.finished_at < at else 'after'} the kill"
            self.counts.ends[how] += 1

    def _check(self, number: int) -> None:
        """All that takes more than a look."""
        for name in BYSTANDERS:
            changed = [] if own_rows(name) == self._aside[name] else ["rows changed"]
            self._wrong(number, name, changed)
        for name in MOVERS:
            changed = [] if self._own_rows(name) == self._own[name] else ["own rows changed"]
            self._wrong(number, name, changed)
        there = [*BYSTANDERS, *MOVERS, *(client.schema_name for client in self._to_drop)]
        self._wrong(number, "in the end", left_over(there, self._whole))
        gone = Client.objects.filter(schema_name__startswith="made", provisioned_at=None)
        media = media_of(self._scene)

        def files() -> list[str]:
            return [path.name for c in gone for path in media.rglob(f"*{c.schema_name}*")]

        # They go right after the commit, or when the record is made true again.
        with suppress(AssertionError):
            until(lambda: not files(), seconds=20)
        self._wrong(number, "files", files())
        for client in self._to_drop:
            client.refresh_from_db()

    def _unfinished(self, number: int, wishes: list[Wish]) -> str:
        lines = [f"round {number} does not end:"]
        for wish in wishes:
            if operation := wish.operation():
                lines.append(f"{wish.client} {operation}: {operation.state} {operation.error}")
                lines.append(operation.error_detail)
        log = (self._scene.them.folder / "worker.log").read_text()[-3000:]
        return "\n".join([*lines, *self.counts.wrong, log])

    def _own_rows(self, name: str) -> dict[str, str]:
        """Of a schema that is migrated: all that its migrations did not make."""
        return own_rows(name, without=("django_migrations", "tenant_data_"))


def _fill(client: Client) -> None:
    with schema_context(client.schema_name):
        Customer.objects.create(name="A customer")
        project = Project.objects.create(key="WEB", name="Website")
        for number in range(5):
            Task.objects.create(project=project, title=f"Task {number}")


def _drop(client: Client) -> None:
    request_drop(client, typed_name=client.schema_name, acting_user=None)
