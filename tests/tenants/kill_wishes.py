"""What a round of ``kill_rounds`` asks for, when something is killed in it, and what it counts."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.utils import timezone

from tenants.models import Client, Operation, OperationKind


@dataclass
class Counts:
    """What the rounds have seen."""

    kills: Counter[str] = field(default_factory=Counter)
    #: Operations, by how they came to their end.
    ends: Counter[str] = field(default_factory=Counter)
    #: Operations that ran when it happened.
    caught: int = 0
    looks: int = 0
    #: What was not as it should be, with its round.
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{what}: {n}" for what, n in sorted(self.kills.items())]
        lines += [f"operations {how}: {n}" for how, n in sorted(self.ends.items())]
        lines += [f"running when it happened: {self.caught}", f"looks: {self.looks}"]
        return "\n".join([*lines, f"wrong states: {len(self.wrong)}", *self.wrong])


@dataclass
class Wish:
    """Something that somebody asks for until an operation says so."""

    client: Client
    kind: OperationKind
    ask: Callable[[], object]
    asked: int = 0
    is_retried: bool = False
    #: The client's newest operation before.
    newest: int = field(init=False)

    def __post_init__(self) -> None:
        self.newest = max(self.client.operations.values_list("pk", flat=True), default=0)

    def operation(self) -> Operation | None:
        return self.client.operations.filter(pk__gt=self.newest, kind=self.kind).first()

    def ask_unless_written(self) -> None:
        if self.operation() is None:
            self.asked += 1
            self.ask()

    @property
    def end(self) -> str:
        """How it came to its end, apart from when."""
        operation = self.operation()
        assert operation is not None
        if self.is_retried:
            return "tried again after a failure"
        if operation.attempts > 1:
            return "begun again by themselves"
        return "asked for again, for nothing was written" if self.asked > 1 else ""


class Kill(threading.Thread):
    """Kills something once so many operations are done, and a moment later (seconds)."""

    def __init__(self, kill: Callable[[], None], url: str, *, done: int, moment: float) -> None:
        super().__init__()
        self._kill, self._url, self._moment = kill, url, moment
        with psycopg.connect(url) as connection:
            self._enough = self._done(connection) + done
        self._killed = threading.Event()
        self.at = timezone.now()

    def run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while self._done(connection) < self._enough:
                time.sleep(0.01)
        time.sleep(self._moment)
        self.at = timezone.now()
        self._kill()
        self._killed.set()

    def wait(self, seconds: float) -> None:
        assert self._killed.wait(seconds)

    def _done(self, connection: psycopg.Connection[Any]) -> int:
        query = "SELECT count(*) FROM tenants_operation WHERE state = 'succeeded'"
        row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])
