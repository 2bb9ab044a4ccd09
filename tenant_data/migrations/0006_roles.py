from django.db import migrations


class Migration(migrations.Migration):
    """Changes no table: the groups of the roles get their rights after it, see ``roles.py``."""

    dependencies = [
        ('tenant_data', '0005_labels_in_files'),
    ]

    operations = []
