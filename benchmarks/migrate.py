"""What it takes to bring many schemas up to date, each as the console's own command does it.

The migrations are made for the measurement and belong to no version of the console. django-tenants
works on schemas of its own, fewer where there are many: its time is the same for each, and is
multiplied. The plain loop sends the statements alone, one transaction for each schema.
"""

from __future__ import annotations

import re
import resource
import statistics
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, migrations, models
from psycopg.sql import SQL, Identifier

from benchmarks.report import Figure
from benchmarks.stock import Text, enter, plain_connection, stock_migrate
from benchmarks.tenants import make_plan
from tenants.models import Client, ClientStatus, SchemaVersion
from tenants.operations.fleet import Fleet, Outcome, migrate_fleet
from tenants.operations.platform import update_platform
from tenants.schemas.migrate import known_migrations
from tests.tenants.more_migrations import more_migrations

#: So many schemas are migrated by django-tenants at the most.
STOCK = 8
ROUNDS = 3
#: What a ``RunPython`` finds in each schema.
ROWS = 20

_LABEL = "tenant_data_label"
_numbers = count()


def measure(*, say: Callable[[str], None], schemas: int = 125) -> list[Figure]:
    """Seconds for all schemas, each kind of work in turn."""
    update_platform(report=say)
    bench = _Bench(schemas)
    say(f"Made {schemas} schemas for the console and the plain loop, {bench.few} for the other.")
    found = []
    for kind in (bench.nothing, bench.column, bench.python):
        say(f"Measuring: {kind.__doc__}")
        found += kind()
    return [*found, *bench.curve()]


class _Bench:
    def __init__(self, schemas: int) -> None:
        self.many, self.few = schemas, min(schemas, STOCK)
        text = Text()
        self._raw = [f"raw_{number}" for number in range(schemas)]
        self._stock = [f"stock_{number}" for number in range(self.few)]
        with plain_connection() as plain:
            for name in (*(f"bench_{number}" for number in range(schemas)), *self._raw):
                self._make(text, plain, name)
            for name in self._stock:
                self._make(text, plain, name)
        _clients(schemas)
        self._seconds: list[float] = []
        stock_migrate(self._stock)  # It writes down the other side's migrations, too, once.

    def _make(self, text: Text, plain: psycopg.Connection, name: str) -> None:
        text.make(plain, name)
        with plain.transaction():
            enter(plain, name)
            plain.execute(
                f"INSERT INTO {_LABEL} (name, colour)"  # noqa: S608
                " SELECT 'label ' || n, 'grey' FROM generate_series(1, %s) n",
                [ROWS],
            )

    # --- kinds of work ------------------------------------------------------------------------

    def nothing(self) -> list[Figure]:
        """nothing to do"""
        ours, stock = [], []
        for _round in range(ROUNDS):
            ours.append(_timed(_fleet))
            stock.append(_timed(lambda: stock_migrate(self._stock)))
        value, against = statistics.median(ours), self._scaled(stock)
        goal = "at most 1/300 at 1,000 schemas, and 1 s"
        met = value <= against / 300 and value <= 1
        return [Figure("nothing to do", value, "s", "django-tenants", against, goal, met)]

    def column(self) -> list[Figure]:
        """one more column with an index"""
        found: dict[str, list[float]] = {"ours": [], "stock": [], "raw": []}
        for _round in range(ROUNDS):
            name = f"bench_{next(_numbers)}"
            field = models.CharField(max_length=20, null=True, db_index=True)
            with more_migrations(migrations.AddField("label", name, field)):
                statements = [
                    f'ALTER TABLE {_LABEL} ADD COLUMN "{name}" varchar(20) NULL',
                    f'CREATE INDEX "{name}" ON {_LABEL} ("{name}")',
                    f'CREATE INDEX "{name}_like" ON {_LABEL} ("{name}" varchar_pattern_ops)',
                ]
                self._round(found, statements, "9001_more")
            self._undo(name)
        self._curve = self._seconds, self._memory, self._backend
        return self._figures("one column with an index", found, 1 / 30, "at most 1/30x")

    def python(self) -> list[Figure]:
        """a piece of Python over the rows of each schema"""
        found: dict[str, list[float]] = {"ours": [], "stock": [], "raw": []}

        def act(apps: Any, editor: Any) -> None:
            for label in apps.get_model("tenant_data", "Label").objects.all():
                label.colour = "green" if label.colour == "grey" else "grey"
                label.save(update_fields=["colour"])

        for _round in range(ROUNDS):
            with more_migrations(migrations.RunPython(act)):
                update = f"UPDATE {_LABEL} SET colour = 'green' WHERE colour = 'grey'"  # noqa: S608
                self._round(found, [update], "9001_more")
            self._undo()
        found.pop("raw")  # One UPDATE is no loop over rows.
        return self._figures(f"RunPython, {ROWS} rows", found, 1 / 5, "at most 1/5x")

    def curve(self) -> list[Figure]:
        """The last tenth of a run beside its first: time for a schema, and the process's memory;
        and the most that a connection to PostgreSQL came to."""
        seconds, memory, backend = self._curve
        tenth = max(5, self.many // 10)
        first, last = seconds[1 : tenth + 1], seconds[-tenth:]
        value, against = (statistics.median(part) * 1000 for part in (last, first))
        goal = "at most 1.5x"
        return [
            Figure(
                "one column, a schema at the end", value, "ms", "at the start", against, goal,
                value <= 1.5 * against,
            ),
            Figure(
                "memory at the end", memory[1], "MB", "at the start", memory[0],
                "at most 1.2x", memory[1] <= 1.2 * memory[0],
            ),
            Figure(
                "the most memory of a connection", backend[1], "MB", "after one schema",
                backend[0], "at most 100 MB", backend[1] <= 100,
            ),
        ]  # fmt: skip

    # --- rounds -------------------------------------------------------------------------------

    def _round(self, found: dict[str, list[float]], statements: list[str], name: str) -> None:
        found["ours"].append(_timed(self._watched))
        found["stock"].append(_timed(lambda: stock_migrate(self._stock)))
        found["raw"].append(_timed(lambda: self._loop(statements, name)))

    def _watched(self) -> None:
        at = time.perf_counter()
        self._seconds, memory, backend = [], [], []

        def watch(outcome: Outcome, fleet: Fleet) -> None:
            nonlocal at
            if outcome.error:
                raise RuntimeError(f"{outcome.error} {outcome.detail}")
            now = time.perf_counter()
            self._seconds.append(now - at)
            at = now
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            backend.append(_memory_of(connection.connection))

        migrate_fleet(acting_user=None, watch=watch)
        if len(memory) != self.many:
            raise RuntimeError(f"{len(memory)} schemas of {self.many} were migrated.")
        self._memory = memory[0], memory[-1]
        self._backend = backend[0], max(backend)

    def _loop(self, statements: list[str], name: str) -> None:
        with plain_connection() as plain:
            for schema in self._raw:
                with plain.transaction():
                    enter(plain, schema)
                    for statement in statements:
                        plain.execute(statement)
                    plain.execute(
                        "INSERT INTO django_migrations (app, name, applied)"
                        " VALUES ('tenant_data', %s, now())",
                        [name],
                    )

    def _undo(self, column: str = "") -> None:
        """Everything is as it was, for the next round."""
        names = [f"bench_{number}" for number in range(self.many)]
        with plain_connection() as plain:
            for schema in (*names, *self._raw, *self._stock):
                with plain.transaction():
                    enter(plain, schema)
                    plain.execute("DELETE FROM django_migrations WHERE name = '9001_more'")
                    if column:
                        drop = SQL("ALTER TABLE tenant_data_label DROP COLUMN {}")
                        plain.execute(drop.format(Identifier(column)))
        version = SchemaVersion.objects.of(known_migrations())
        Client.objects.companies().update(schema_version=version)

    def _scaled(self, seconds: list[float]) -> float:
        return statistics.median(seconds) * self.many / self.few

    def _figures(
        self, figure: str, found: dict[str, list[float]], limit: float, goal: str
    ) -> list[Figure]:
        value, stock = statistics.median(found["ours"]), self._scaled(found["stock"])
        name = (
            f"django-tenants, of {self.few} schemas" if self.few < self.many else "django-tenants"
        )
        figures = [Figure(figure, value, "s", name, stock, goal, value <= limit * stock)]
        if "raw" in found:
            raw = statistics.median(found["raw"])
            met = value <= 2.5 * raw
            figures.append(Figure(figure, value, "s", "a plain loop", raw, "at most 2.5x", met))
        return figures


def _clients(count: int) -> None:
    plan, version = make_plan(), SchemaVersion.objects.of(known_migrations())
    made = Client._meta.get_field("created_at").to_python("2026-01-01T00:00Z")
    Client.objects.bulk_create(
        Client(
            schema_name=f"bench_{number}",
            name=f"Bench {number}",
            admin_name="Ada",
            admin_email="ada@example.com",
            plan=plan,
            status=ClientStatus.ACTIVE,
            provisioned_at=made,
            schema_version=version,
        )
        for number in range(count)
    )


def _fleet() -> None:
    migrate_fleet(acting_user=None)


def _memory_of(connection: Any) -> float:
    """MB of its own that PostgreSQL's process for the connection has, where there is /proc."""
    try:
        status = Path(f"/proc/{connection.info.backend_pid}/status").read_text()
    except OSError:
        return 0.0
    return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
