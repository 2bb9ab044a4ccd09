#!/usr/bin/env python
"""Django's commands, with a database and a secret key to run on."""

import os
import sys

from console.launcher.environment import command_environment


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    with command_environment(sys.argv):
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
