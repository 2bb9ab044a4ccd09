"""The lists of both sides: under the name of what they list, in the order that each user chose."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR
from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.db.models import F, Func, JSONField, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold.views import ChangeList as UnfoldChangeList

#: Lookups that no link of ours has, and that fail in the database for most values.
_FRAGILE = frozenset(
    {
        *("contained_by", "has_any_keys", "has_key", "has_keys", "len", "overlap"),
        *("iregex", "range", "regex"),
        *("date", "day", "hour", "iso_week_day", "iso_year", "minute", "month", "quarter"),
        *("second", "time", "week", "week_day", "year"),
    }
)
#: Where a user's preferences have the orders of lists, as ``{"tenants.client": ["-created"]}``.
ORDERS = "orders"


class ChangeList(UnfoldChangeList):
    """Unfold's; it remembers the order that its user chose, until they take it back.

    ``?o=`` names columns by their place, as in Django; what is kept names them by their name, for
    columns come and go. ``?o=`` with nothing takes the order back. A list that is opened to pick
    something from it neither keeps nor uses an order.
    """

    #: What an empty list says in place of “nothing here yet” and of how many rows it has.
    nothing: Any = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_popup:
            self.title = capfirst(self.model_admin.menu_title or self.opts.verbose_name_plural)

    def get_filters(self, request: HttpRequest) -> Any:
        """Raises ``IncorrectLookupParameters``, which leads back to the list, for what only
        somebody types who plays with the address."""
        if any(_FRAGILE.intersection(name.split("__")[1:]) for name in self.filter_params):
            raise IncorrectLookupParameters
        return super().get_filters(request)

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Any]:
        if not self.is_popup:
            self._use_order(self._order_of(request))
        return super().get_queryset(request, exclude_parameters)

    def get_ordering_field_columns(self) -> dict[int, str]:
        """The columns that the rows are sorted by, for their arrows.

        Of an order that nobody chose, the first is enough, where it is a column: the rest of it
        breaks ties, and numbers beside the columns would say that somebody asked for it.
        """
        columns: dict[int, str] = super().get_ordering_field_columns()
        if ORDER_VAR in self.params:
            return columns
        first = next(iter(self._get_default_ordering()), "")
        name = first.removeprefix("-") if isinstance(first, str) else first
        found = [at for at in columns if self.get_ordering_field(self.list_display[at]) == name]
        return {at: columns[at] for at in found[:1]}

    @property
    def is_more(self) -> bool:
        """Whether there are more rows than were counted."""
        return bool(getattr(self.paginator, "is_more", False))

    # --- The order that the user chose ------------------------------------------------------

    def _order_of(self, request: HttpRequest) -> list[str]:
        """The columns to sort by, as ``-created``: those of the address, or those that are kept.
        Keeps the former, where they differ from the latter."""
        kept = self._kept_order(request)
        asked = self.params.get(ORDER_VAR)
        if asked is None:
            return kept
        chosen = self._valid(self._named(part) for part in asked.split("."))
        if asked and not chosen:
            return kept
        if chosen != kept and _is_own_wish(request):
            self._keep_order(request, chosen)
        return chosen

    def _use_order(self, columns: list[str]) -> None:
        """Sort by these columns, and let the links of the list carry them: two windows with
        different orders do not get into each other's way."""
        if not columns:
            self.params.pop(ORDER_VAR, None)
            self.filter_params.pop(ORDER_VAR, None)
            return
        places = []
        for column in columns:
            name = column.removeprefix("-")
            sign = "-" if column.startswith("-") else ""
            places.append(f"{sign}{self._column_names.index(name)}")
        self.params[ORDER_VAR] = ".".join(places)
        self.filter_params[ORDER_VAR] = [".".join(places)]

    def _kept_order(self, request: HttpRequest) -> list[str]:
        orders = _orders(request.user)
        kept = orders.get(self.opts.label_lower)
        return self._valid(kept) if isinstance(kept, list) else []

    def _keep_order(self, request: HttpRequest, columns: list[str]) -> None:
        """Write this list's order and nothing else: the user may have chosen something in another
        window since this request read what they had."""
        users = get_user_model().objects.filter(pk=request.user.pk)
        # A list is shown whether or not its order can be kept.
        with suppress(DatabaseError), transaction.atomic():
            users.update(preferences=_with_order(self.opts.label_lower, columns))

    @property
    def _column_names(self) -> list[str]:
        return [getattr(column, "__name__", column) for column in self.list_display]

    def _named(self, place: str) -> str:
        """``-created`` for ``-8``; empty for what is no column's place."""
        sign = "-" if place.startswith("-") else ""
        digits = place.removeprefix("-")
        names = self._column_names
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > 3:
            return ""
        return sign + names[int(digits)] if int(digits) < len(names) else ""

    def _valid(self, columns: Any) -> list[str]:
        """Those of the columns that the list has and can be sorted by, each once."""
        valid: dict[str, str] = {}
        for column in columns:
            name = column.removeprefix("-") if isinstance(column, str) else ""
            if name not in valid and self._can_be_sorted_by(name):
                valid[name] = column
        return list(valid.values())

    def _can_be_sorted_by(self, name: str) -> bool:
        if name not in self._column_names:
            return False
        column = self.list_display[self._column_names.index(name)]
        if self.sortable_by is not None and column not in self.sortable_by:
            return False
        return bool(self.get_ordering_field(column))


def _orders(user: Any) -> dict[str, Any]:
    """What is kept of the user's lists; it may be anything, for people have other tools."""
    preferences = getattr(user, "preferences", None)
    orders = preferences.get(ORDERS) if isinstance(preferences, dict) else None
    return orders if isinstance(orders, dict) else {}


def _is_own_wish(request: HttpRequest) -> bool:
    """Whether the user asked for this page: from one of ours, or by its address.

    Browsers say so by a header, if they are not old and the connection is safe; where they do
    not, the page that led here must be one of this host.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none") and "Sec-Purpose" not in request.headers
    try:
        return urlsplit(request.headers.get("Referer", "")).netloc == request.get_host()
    except ValueError:  # No address at all.
        return False


def _with_order(label: str, columns: list[str]) -> Func:
    """The user's preferences with these columns for this list, worked out by the database."""
    preferences = _as_object(F("preferences"))
    orders = _as_object(_json(F("preferences"), f"%(expressions)s -> '{ORDERS}'"))
    key = Cast(Value(label), TextField())
    others = _json(orders, "%(expressions)s", key, joined_by=" - ")
    if columns:
        this = Func(key, Value(columns, JSONField()), function="jsonb_build_object")
        others = _json(others, "%(expressions)s", this, joined_by=" || ")
    whole = Func(Cast(Value(ORDERS), TextField()), others, function="jsonb_build_object")
    return _json(preferences, "%(expressions)s", whole, joined_by=" || ")


def _as_object(value: Any) -> Func:
    """The value, or an empty object where it is none."""
    is_object = "jsonb_typeof(%(expressions)s) = 'object'"
    return _json(value, f"CASE WHEN {is_object} THEN %(expressions)s ELSE '{{}}'::jsonb END")


def _json(first: Any, template: str, *others: Any, joined_by: str = ", ") -> Func:
    output: JSONField[Any, Any] = JSONField()
    return Func(first, *others, template=f"({template})", arg_joiner=joined_by, output_field=output)
