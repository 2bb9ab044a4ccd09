"""Whether a tenant ever gets a row of another, or a statement runs under another's role.

Several web processes, many tenants whose rows carry their tenant's mark, and mixed requests in
random order, with errors, rollbacks, abandoned cursors and killed database connections among them.
Two witnesses, neither of which asks the console: the marks in every answer, and PostgreSQL's own
answer, ahead of every statement, to who it runs as (``isolation_web``). Both are first shown to
see a fault.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from benchmarks.isolation_requests import (
    KINDS,
    Answer,
    Visitor,
    owner_connection,
    send,
    visitors,
)
from benchmarks.report import Figure
from benchmarks.tenants import make_tenants
from benchmarks.web import serve

PROCESSES = 3
CLIENTS = 6
ROWS = 20
#: How many requests from one killed connection to the next.
KILL_EVERY = 40
SEED = 20_000
#: What a request can end with when its connection is killed: no answer, Django's own for a session
#: that could not be saved, or an error. A kill explains one of them: a process does one at a time.
OF_A_KILL = (0, 400, 500)


def measure(
    *, say: Callable[[str], None], schemas: int = 50, requests: int = 20_000
) -> list[Figure]:
    """Foreign rows and statements under a wrong role, of so many."""
    people = visitors(make_tenants(schemas, say), rows=ROWS)
    with tempfile.TemporaryDirectory() as folder:
        watched = Path(folder) / "watch"
        with _web(watched) as port:
            _show_that_faults_are_seen(port, people, watched)
            watched.write_text("")
            say(f"Sending {requests} requests to {PROCESSES} processes.")
            tally = _send_all(port, people, requests, say)
        statements, wrong = _read(watched)
    say(f"Answers by kind and status: {dict(sorted(tally.statuses.items()))}")
    say(f"Connections killed: {tally.killed}; rows with the own mark: {tally.own}")
    for line in [*tally.foreign[:5], *wrong[:5]]:
        say(line)
    unexplained = len(tally.unexpected) + max(len(tally.broken) - tally.killed, 0)
    if unexplained:
        say(f"Not expected: {tally.unexpected[:5]}; ended as by a kill: {Counter(tally.broken)}")
    return [
        Figure(
            "foreign rows in the answers",
            len(tally.foreign),
            "rows",
            "rows of the own tenant",
            tally.own,
            "0",
            not tally.foreign,
        ),
        Figure(
            "statements under a wrong role",
            len(wrong),
            "statements",
            "all statements",
            statements,
            "0",
            not wrong,
        ),
        Figure(
            "answers that nothing explains",
            unexplained,
            "answers",
            "all answers",
            sum(tally.statuses.values()),
            "0",
            not unexplained,
        ),
    ]


class Tally:
    """What the answers had in them; one lock for all threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.own = self.killed = self.done = 0
        self.foreign: list[str] = []
        self.unexpected: list[str] = []
        #: Those that a kill may have ended.
        self.broken: list[str] = []
        self.statuses: Counter[str] = Counter()

    def add(self, name: str, answer: Answer) -> int:
        """Returns how many there are now."""
        with self.lock:
            self.done += 1
            self.own += answer.own
            self.foreign += answer.foreign
            self.statuses[f"{name} {answer.status}"] += 1
            if answer.status not in KINDS[name].statuses:
                kind = self.broken if answer.status in OF_A_KILL else self.unexpected
                kind.append(f"{name}: {answer.status}")
            return self.done


def _send_all(port: int, people: list[Visitor], requests: int, say: Callable[[str], None]) -> Tally:
    chance, tally = random.Random(SEED), Tally()
    names, weights = list(KINDS), [kind.weight for kind in KINDS.values()]
    plan = [
        (chance.choice(people), chance.choice(people), chance.choices(names, weights)[0])
        for _number in range(requests)
    ]
    started = time.monotonic()

    def one(step: tuple[Visitor, Visitor, str]) -> None:
        visitor, other, name = step
        done = tally.add(name, send(port, KINDS[name], visitor, other))
        if done % KILL_EVERY == 0:
            tally.killed += _kill_one()
        if done % 2000 == 0:
            say(f"{done} requests, {done / (time.monotonic() - started):.0f} a second.")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(one, plan))
    return tally


def _kill_one() -> int:
    """End a connection of a web process, by chance; whatever it is doing."""
    with owner_connection() as connection:
        connection.execute(f'SET ROLE "{settings.WEB_ROLE}"')
        killed = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = %s ORDER BY random() LIMIT 1",
            [settings.WEB_ROLE],
        )
        return len(killed.fetchall())


def _show_that_faults_are_seen(port: int, people: list[Visitor], watched: Path) -> None:
    """A witness that sees nothing proves nothing: each is given one fault on purpose."""
    here, there = people[0], people[1]
    kind = KINDS["tasks"]
    if not send(port, kind, here, there, judged_as=there).foreign:
        raise RuntimeError("A foreign row was not seen.")
    send(port, kind, here, there, watched_as=there)
    # The line is written when the answer is over.
    for _attempt in range(100):
        if _read(watched)[1]:
            break
        time.sleep(0.05)
    else:
        raise RuntimeError("A statement under a wrong role was not seen.")


def _read(watched: Path) -> tuple[int, list[str]]:
    statements, wrong = 0, []
    for line in watched.read_text().splitlines():
        count, what, host = line.split("\t")
        statements += int(count)
        wrong += [f"{host}: {one}" for one in what.split(";") if one]
    return statements, wrong


@contextmanager
def _web(watched: Path) -> Iterator[int]:
    watched.write_text("")
    environ = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.isolation_settings",
        "WATCH_FILE": str(watched),
        "LOG_LEVEL": "CRITICAL",
    }
    with serve("benchmarks.isolation_web", processes=PROCESSES, environ=environ) as port:
        yield port
