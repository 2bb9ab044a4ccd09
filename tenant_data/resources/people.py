"""People in files: by their e-mail address, or by the name that they have here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy, ngettext

from console.importing.exceptions import CellError
from console.importing.widgets import Known, SeveralKnown
from console.names import one_name

#: So many people are named in a sentence.
_NAMED = 5


def users_called(texts: Iterable[str]) -> dict[str, Any]:
    """The users with one of the addresses or full names, by both in lower case. Of several with a
    name it is the one who can sign in; where several can, or none, the error that says so."""
    texts = list(texts)
    asked = Q(email__in=texts) | Q(name__in=texts) | Q(lowered__in=texts)
    users = list(get_user_model().objects.alias(lowered=Lower("name")).filter(asked))
    named: defaultdict[str, list[Any]] = defaultdict(list)
    for user in users:
        if name := one_name(user.name).lower():
            named[name].append(user)
    found: dict[str, Any] = {}
    for name, namesakes in named.items():
        able = [user for user in namesakes if user.is_active] or namesakes
        message = gettext_lazy(
            "Several people here are called “%(value)s”. Give the e-mail address of one."
        )
        found[name] = able[0] if len(able) == 1 else CellError(message, value=able[0].name)
    # An address is one person's, whatever others are called.
    return found | {user.email: user for user in users}


def people_here() -> QuerySet[Any]:
    """Those that a form offers: who can sign in."""
    return get_user_model().objects.filter(is_active=True).order_by("name", "email")


def a_user() -> Known:
    """The widget of a column with one user."""
    return Known(
        users_called,
        key=lambda user: user.email,
        unknown=gettext_lazy(
            "There is no user “%(value)s” here. Add the user first, or leave the cell empty."
        ),
        content="email",
        rows=people_here,
    )


def several_users(*, at_most: int) -> SeveralKnown:
    """The widget of a column with several users."""
    return SeveralKnown(
        users_called,
        key=lambda user: user.email,
        unknown=gettext_lazy(
            "There is no user “%(value)s” here. Add the user first, or leave them out."
        ),
        at_most=at_most,
        content="email",
        rows=people_here,
    )


class Deactivated:
    """The people who cannot sign in any more and get something by a file that they did not have.

    Forms do not offer them. Old work may be theirs all the same, so a preview names them.
    """

    def __init__(self) -> None:
        self._addresses: set[str] = set()

    def look_at(self, people: Iterable[Any], had: Callable[[], Collection[Any]]) -> None:
        """``people`` are those that a row of the file has, ``None`` for nobody; ``had`` are those
        that were there before."""
        for user in people:
            if user and not user.is_active and user not in had():
                self._addresses.add(user.email)

    def notes(self) -> Iterator[str]:
        if n := len(self._addresses):
            named = ", ".join(sorted(self._addresses)[:_NAMED])
            text = ngettext(
                "This gives something to somebody who cannot sign in any more: %(names)s.",
                "This gives something to %(n)d people who cannot sign in any more: %(names)s.",
                n,
            )
            yield text % {"n": n, "names": f"{named}, …" if n > _NAMED else named}
