from tenants.management.refused import RefusedCommand


class Command(RefusedCommand):
    help = "Not used here."
    instead = "A schema's name is fixed once it is made: its roles are named after it."
