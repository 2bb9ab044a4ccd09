from tenants.management.refused import RefusedCommand


class Command(RefusedCommand):
    help = "Not used here."
    instead = "Schemas are made by operations alone. Use “manage.py create_tenant”."
