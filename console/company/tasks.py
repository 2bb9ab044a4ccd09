"""What the worker runs for companies. Each task calls a verb and nothing else.

All are in the queue ``exports``, whose jobs the upkeep runs again as they are when their worker is
gone: see ``tenants.tasks``.
"""

from __future__ import annotations

from procrastinate.contrib.django import app

from console.company import making, sweeping, waking
from console.jobs import PATIENCE


@app.task(queue="exports", name="company.make_export", retry=PATIENCE)
def make_export(schema: str, export_id: int) -> None:
    making.make_export(schema, export_id)


@app.task(queue="exports", name="company.delete_export", retry=PATIENCE)
def delete_export(schema: str, export_id: int) -> None:
    making.delete_export(schema, export_id)


@app.task(queue="exports", name="company.take_up_exports", retry=PATIENCE)
def take_up_exports(schema: str) -> None:
    waking.take_up_exports(schema)


@app.periodic(cron="23 3 * * *")
@app.task(queue="exports", name="company.sweep_files", queueing_lock="company.sweep_files")
def sweep_files(timestamp: int) -> None:
    sweeping.sweep_all()
