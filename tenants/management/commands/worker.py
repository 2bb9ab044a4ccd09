"""Runs the jobs of the queue until it is told to stop."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

from tenants.operations.reconcile import reconcile


class Command(BaseCommand):
    help = "Run queued operations, one at a time. Start several for several at once."

    def handle(self, *args: Any, **options: Any) -> None:
        if mended := reconcile():
            self.stdout.write(f"{mended} interrupted operations were put right.")
        # The queue's own connections do nothing that web may not do.
        params = {**connector_params(), "options": f"-c role={settings.WEB_ROLE}"}
        with app.replace_connector(PsycopgConnector(kwargs=params)) as worker_app:
            self.stdout.write("The worker waits for operations.")
            worker_app.run_worker(concurrency=1, delete_jobs="successful")
