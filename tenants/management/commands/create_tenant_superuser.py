"""django-tenants' command, for tenants that are there."""

from django.contrib.auth.management.commands import createsuperuser
from django_tenants.management.commands import TenantWrappedCommand

from tenants.management.tenant_option import ReadyTenantOption


class CreateSuperuser(createsuperuser.Command):
    # The check would count the migrations of `public` as missing in the tenant.
    requires_migrations_checks = False


class Command(ReadyTenantOption, TenantWrappedCommand):
    COMMAND = CreateSuperuser
    help = "Add a user with every right in one tenant."
