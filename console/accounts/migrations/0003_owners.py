"""A company's superusers become its owners; who might not use the pages is not active.

Superusers of a tenant had every right by being what they are. An owner has them by a role that
everybody can read. Superusers of ``public`` are the staff's and stay.
"""

from django.db import migrations
from django_tenants.utils import get_public_schema_name

OWNER, OWNER_NAME = -4, "Owner"


def make_owners(apps, schema_editor):
    if schema_editor.connection.schema_name == get_public_schema_name():
        return
    User = apps.get_model("accounts", "User")
    Group = apps.get_model("auth", "Group")
    # A group of the company's own may have the name: it is given another one, and this one its
    # name and its rights, when the migrations are over.
    is_taken = Group.objects.filter(name=OWNER_NAME).exclude(pk=OWNER).exists()
    name = f"{OWNER_NAME} ({OWNER})" if is_taken else OWNER_NAME
    owners, _created = Group.objects.get_or_create(pk=OWNER, defaults={"name": name})
    for user in User.objects.filter(is_superuser=True):
        user.groups.add(owners)
    User.objects.filter(is_superuser=True).update(is_superuser=False)
    User.objects.filter(is_staff=False).update(is_staff=True, is_active=False)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_user_preferences")]

    operations = [migrations.RunPython(make_owners, migrations.RunPython.noop)]
