"""The worker with shorter waits, so that a hundred of them can be killed in some minutes: what is
done every 15 seconds is done every two, and a waiting operation is forgotten after two, not 30.

Run as a program, with the environment of ``manage.py worker``.
"""

from __future__ import annotations

import os
from datetime import timedelta

import django
from django.core.management import call_command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    from procrastinate.contrib.django import app

    from tenants import tasks
    from tenants.operations import reconcile

    reconcile.FORGOTTEN_AFTER = timedelta(seconds=2)
    app.periodic(cron="* * * * * */2", periodic_id="quick")(tasks.reconcile_operations)
    call_command("worker")


if __name__ == "__main__":
    main()
