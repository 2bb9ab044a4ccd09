"""Who may give which rights to whom.

Nobody gives away more than they have. A user who may edit users could otherwise tick a box for
themselves, or set the password of somebody who has more rights and sign in as them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User

if TYPE_CHECKING:
    from console.sites import ConsoleSite

#: Rights that every model has or may have, in the order in which they are shown.
VERBS = {
    "view": _("See"),
    "add": _("Add"),
    "change": _("Change"),
    "delete": _("Delete"),
    "import": _("Import"),
    "export": _("Export"),
}

#: Rights that one model alone has, as ``app.codename``, in the order in which they are shown.
OWN_WORDS = {
    "tenants.provision_client": _("Create and migrate schemas"),
    "tenants.invite_client_admin": _("Add admins and show sign-in links"),
    "tenants.suspend_client": _("Suspend and reactivate"),
    "tenants.archive_client": _("Archive and restore"),
    "tenants.drop_client": _("Drop schemas of archived ones"),
    "tenants.import_client_data": _("Import their data for them"),
    "company.view_dataexport": _("See and download"),
    "company.add_dataexport": _("Make"),
}
_ORDER = [*VERBS, *OWN_WORDS]


def of_site(site: ConsoleSite) -> QuerySet[Permission]:
    """The rights that mean something on a site: those of the models that are shown on it."""
    query = Q(pk__in=())
    elsewhere = dict.fromkeys(apps.get_model(label) for label in site.shown_elsewhere)
    for model, model_admin in (elsewhere | site._registry).items():
        options = model._meta
        unused = {
            f"{verb}_{options.model_name}" for verb in getattr(model_admin, "unused_rights", ())
        }
        query |= Q(
            content_type__app_label=options.app_label, content_type__model=options.model_name
        ) & ~Q(codename__in=unused)
    return Permission.objects.filter(query).select_related("content_type")


def held_by(user: User) -> set[int]:
    """Ids of the rights that a user has, by themselves and through groups.

    Asked of the tables, for an inactive user's rights count too: they come back with the user.
    """
    rights = Permission.objects.filter(Q(user=user) | Q(group__user=user))
    return set(rights.values_list("pk", flat=True))


def may_manage(acting_user: User, other: User) -> bool:
    """Whether somebody may edit a user at all: only one who has no more rights than they have."""
    if acting_user.is_superuser or acting_user.pk == other.pk:
        return True
    return not other.is_superuser and held_by(other) <= held_by(acting_user)


def grantable(acting_user: User, offered: QuerySet[Permission]) -> set[int]:
    """Ids of the rights on offer that somebody may give and take."""
    if acting_user.is_superuser:
        return set(offered.values_list("pk", flat=True))
    return set(offered.values_list("pk", flat=True)) & held_by(acting_user)


def grantable_groups(acting_user: User) -> set[int]:
    """Ids of the groups that somebody may put users into: those with no right that they lack."""
    groups = Group.objects.all()
    if not acting_user.is_superuser:
        lacking = Permission.objects.exclude(pk__in=held_by(acting_user))
        groups = groups.exclude(permissions__in=lacking)
    return set(groups.values_list("pk", flat=True))


def words_for(right: Permission) -> tuple[str, Any] | None:
    """What a right is called here, with its key in the order; ``None`` for one of no app of ours.

    What the database has for a name is Django's, in English whoever reads it.
    """
    own = f"{right.content_type.app_label}.{right.codename}"
    if own in OWN_WORDS:
        return own, OWN_WORDS[own]
    verb = right.codename.removesuffix(f"_{right.content_type.model}")
    return (verb, VERBS[verb]) if verb in VERBS else None


def full_name(right: Permission) -> str:
    """A right in plain words with what it is about, such as ``Tasks: Add``."""
    model = right.content_type.model_class()
    words = words_for(right)
    about = model._meta.verbose_name_plural if model else right.content_type.model
    return f"{capfirst(str(about))}: {capfirst(str(words[1] if words else right.name))}"


def in_rows(rights: Iterable[Permission]) -> list[tuple[str, list[tuple[int, str]]]]:
    """The rights in plain words, grouped by model: ``("Tasks", [(7, "See"), (8, "Add")])``."""
    rows: dict[str, list[tuple[int, int, str]]] = {}
    for right in rights:
        model = right.content_type.model_class()
        if model is None:
            continue
        words = words_for(right)
        place = _ORDER.index(words[0]) if words else len(_ORDER)
        label = words[1] if words else right.name
        row = rows.setdefault(capfirst(str(model._meta.verbose_name_plural)), [])
        row.append((place, right.pk, capfirst(str(label))))
    return [
        (model, [(pk, label) for _place, pk, label in sorted(row)])
        for model, row in sorted(rows.items())
    ]
