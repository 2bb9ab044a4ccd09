"""django-tenants' command, for tenants that are there."""

from django_tenants.management.commands import TenantWrappedCommand

from tenants.management.commands.createsuperuser import Command as CreateSuperuser
from tenants.management.tenant_option import ReadyTenantOption


class Command(ReadyTenantOption, TenantWrappedCommand):
    COMMAND = CreateSuperuser
    help = "Add a user with every right in one tenant."
