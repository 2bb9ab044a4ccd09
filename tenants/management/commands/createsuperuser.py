"""Django's command, without its warning: migrations of the tenants are none of `public`."""

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError
from django.db import connection

from console.accounts.models import User


class Command(createsuperuser.Command):
    def check_migrations(self) -> None:
        """Django's would count what is for tenants alone as missing here, and the other way."""
        if User._meta.db_table not in connection.introspection.table_names():
            raise CommandError("Use “manage.py migrate_schemas --shared” first.")
