"""``manage.py`` of code that has the migrations of ``parts.THREE``."""

from __future__ import annotations

import os
import sys

import django
from django.core.management import call_command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    from tests.tenants.more_migrations import more_migrations
    from tests.tenants.parts import THREE

    with more_migrations(*THREE, each=True, alone=[1]):
        call_command(*sys.argv[1:])


if __name__ == "__main__":
    main()
