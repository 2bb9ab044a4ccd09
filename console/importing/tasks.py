"""What the worker runs for imports. Each task calls a verb and nothing else.

All are in the queue ``imports``, whose jobs the upkeep runs again as they are when their worker is
gone: see ``tenants.tasks``.
"""

from __future__ import annotations

from procrastinate.contrib.django import app

from console.importing import sweeping, working
from console.jobs import PATIENCE


@app.task(queue="imports", name="importing.work", retry=PATIENCE)
def work(schema: str, import_id: int) -> None:
    working.work(schema, import_id)


@app.task(queue="imports", name="importing.take_up", retry=PATIENCE)
def take_up(schema: str) -> None:
    sweeping.take_up(schema)


@app.periodic(cron="53 * * * *")
@app.task(queue="imports", name="importing.sweep", queueing_lock="importing.sweep")
def sweep(timestamp: int) -> None:
    sweeping.sweep_all()
