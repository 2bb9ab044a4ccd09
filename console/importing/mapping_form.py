"""The form that says what the columns of a file are, and what becomes of its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from console.importing.choosing import Choosing, parts_of
from console.importing.columns import Column, Many
from console.importing.exceptions import shorten
from console.importing.mapping import CREATE, DEFAULT, REFUSE, SKIP, Mapping
from console.importing.mapping_words import LONGEST
from console.importing.resource import KeyedResource
from console.importing.suggesting import (
    ALIAS,
    CHOSEN,
    CONTENT,
    HELPS,
    LEFT,
    OWN,
    PRESET,
    SECOND,
    UNKNOWN,
)

#: So many values can be translated on the page: a form has to stay below Django's limit of fields.
VALUES_AT_MOST = 300
#: Chosen for a value that is to be no value.
_EMPTY = "\N{EMPTY SET}"

WHY: dict[str, str | Promise] = {
    OWN: _("by its name"),
    ALIAS: _("another name for it"),
    CONTENT: _("by what is in it"),
    PRESET: _("as that program calls it"),
    CHOSEN: _("as chosen"),
    LEFT: _("as chosen"),
    SECOND: _("another column is read instead"),
    HELPS: _("looked at for"),
    UNKNOWN: _("not known here"),
}


class MappingForm(forms.Form):
    """One field for each column of the file; for the values that nobody knows here, one for each
    and one for all others of their column."""

    def __init__(
        self,
        shown: dict[str, Any],
        mapping: Mapping,
        resource: KeyedResource,
        data: Any = None,
        *,
        user: Any,
    ) -> None:
        """``shown`` is what ``shown_mapping`` says of the file. ``user`` is offered what they may
        see."""
        super().__init__(data)
        self._user = user
        #: By field: what its boxes offer, as it is written there and for people.
        self._offered: dict[str, list[tuple[str, str]]] = {}
        self._mapping = mapping
        self._columns = shown.get("columns", [])
        self._by_name = {column.column_name: column for column in resource.columns}
        self._unknown = list(self._with_translated(shown.get("unknown", [])))
        self._add_columns()
        self._add_unknown()

    def _with_translated(self, unknown: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Also the values that were translated before: somebody may want to change that."""
        found = {one["field"]: one for one in unknown}
        left = VALUES_AT_MOST
        for name in dict.fromkeys([*found, *self._mapping.values]):
            one = found.get(name, {"values": [], "count": 0})
            if name not in self._by_name:
                continue
            old = [[text, None] for text in self._mapping.values.get(name, {})]
            values = [*old, *one["values"]][:left]
            left -= len(values)
            yield {"field": name, "values": values, "count": one["count"] + len(old)}

    def _add_columns(self) -> None:
        fields = [name for name, column in self._by_name.items() if not column.is_info]
        choices = [("", _("Do not import")), *((name, name) for name in fields)]
        for place, column in enumerate(self._columns):
            heading = column["heading"]
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=_t("What “%(name)s” is") % {"name": _written(column)},
                # One for information is named where it is, so that it stays what it is.
                choices=[*choices, (column["field"], column["field"])]
                if column["field"] not in ("", *fields)
                else choices,
                required=False,
                initial=self._mapping.columns.get(heading, ""),
            )
            self._labelled(f"column_{place}")

    def _add_unknown(self) -> None:
        for one in self._unknown:
            name = one["field"]
            column = self._by_name[name]
            options = column.widget.options() if isinstance(column.widget, Choosing) else []
            chosen = self._mapping.unknown.get(name, REFUSE)
            self.fields[f"unknown_{name}"] = forms.ChoiceField(
                label=_t("All other values of “%(name)s”") % {"name": name},
                choices=list(_policies(column, options)),
                required=False,
                initial=chosen or _usual(column),
            )
            self._labelled(f"unknown_{name}")
            if not options:
                if isinstance(column.widget, Choosing):
                    self._offered[name] = column.widget.offered(self._may_see)
                self.fields[f"other_{name}"] = forms.CharField(
                    label=_t("The value for all other values of “%(name)s”") % {"name": name},
                    max_length=LONGEST,
                    required=False,
                    initial=chosen.removeprefix(DEFAULT) if chosen.startswith(DEFAULT) else "",
                )
                self._labelled(f"other_{name}", offers=name)
            for place, (text, _count) in enumerate(one["values"]):
                self._add_value(f"value_{name}_{place}", name, text, options)

    def _add_value(self, key: str, name: str, text: str, options: list[tuple[str, str]]) -> None:
        label = _t("What “%(value)s” is in “%(name)s”") % {"value": shorten(text), "name": name}
        now = self._mapping.values.get(name, {}).get(text)
        initial = _EMPTY if now == "" else now or ""
        offers = ""
        if options:
            choices = [("", _("as all others")), (_EMPTY, _("an empty cell")), *options]
            self.fields[key] = forms.ChoiceField(
                label=label, choices=choices, required=False, initial=initial
            )
        else:
            self.fields[key] = forms.CharField(
                label=label, max_length=LONGEST, required=False, initial=now or ""
            )
            offers = name
        self._labelled(key, offers=offers)
        if not options:
            self.fields[key].widget.attrs["placeholder"] = _t("as all others")

    def _may_see(self, model: type[Model]) -> bool:
        right = f"{model._meta.app_label}.view_{model._meta.model_name}"
        return bool(self._user.has_perm(right))

    def _labelled(self, key: str, *, offers: str = "") -> None:
        """With the widget of these pages. Its label is said, and not shown: the table says it.
        A box ``offers`` the values of a field."""
        field: Any = self.fields[key]
        said = {"aria-label": field.label}
        if self._offered.get(offers):
            said["list"] = f"offered_{offers}"
        if isinstance(field, forms.ChoiceField):
            field.widget = UnfoldAdminSelectWidget(attrs=said, choices=field.choices)
        else:
            field.widget = UnfoldAdminTextInputWidget(attrs=said)

    # --- for the page --------------------------------------------------------------------------

    def column_rows(self) -> Iterator[dict[str, Any]]:
        for place, column in enumerate(self._columns):
            yield {
                **column,
                "written": _written(column),
                "other": shorten(column["other"]),
                "is": self[f"column_{place}"],
                "why": WHY.get(column["why"], ""),
            }

    def unknown_rows(self) -> Iterator[dict[str, Any]]:
        for one in self._unknown:
            name = one["field"]
            yield {
                "field": name,
                "count": one["count"],
                "more": one["count"] - len(one["values"]),
                "offered": self._offered.get(name, []),
                "all": self[f"unknown_{name}"],
                "other": self[f"other_{name}"] if f"other_{name}" in self.fields else None,
                "values": [
                    {"text": shorten(text), "count": count, "is": self[f"value_{name}_{place}"]}
                    for place, (text, count) in enumerate(one["values"])
                ],
            }

    # --- what was chosen -----------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        """Raises ``ValidationError`` where two columns are to be one field, and says at each box
        that its value is not known here either."""
        said: dict[str, str] = {}
        for place, column in enumerate(self._columns):
            field = self.cleaned_data.get(f"column_{place}", "")
            if field and field in said:
                raise forms.ValidationError(
                    _("Two columns cannot both be “%(field)s”: %(one)s, %(other)s."),
                    params={"field": field, "one": said[field], "other": _written(column)},
                )
            said[field] = _written(column)
        for one in self._unknown:
            self._check_boxes(one["field"], len(one["values"]))
        return self.cleaned_data

    def _check_boxes(self, name: str, count: int) -> None:
        """What was written for values of a field has to be there, unless it can be made."""
        widget: Any = self._by_name[name].widget
        # One that may come in the file itself is looked for when that is read.
        if name not in self._offered or widget.or_in:
            return
        boxes = [f"other_{name}", *(f"value_{name}_{place}" for place in range(count))]
        written = {key: self.cleaned_data.get(key, "").strip() for key in boxes}
        if self.cleaned_data.get(f"unknown_{name}") == CREATE and not written[boxes[0]]:
            return
        parts = {
            key: parts_of(text) if widget.is_several else [text]
            for key, text in written.items()
            if text not in ("", _EMPTY)
        }
        unknown = widget.unknown_among({part for some in parts.values() for part in some})
        wrong = {key: text for key, some in parts.items() for text in some if text in unknown}
        for key, text in wrong.items():
            message = _("“%(value)s” is not known here either.")
            self.add_error(key, forms.ValidationError(message, params={"value": shorten(text)}))
        if wrong:
            self.add_error(None, _("Nothing was read: some values are not known here either."))

    def mapping(self) -> Mapping:
        """What the form says, once it is valid."""
        said = self.cleaned_data
        values: dict[str, dict[str, str]] = {}
        unknown = {n: what for n, what in self._mapping.unknown.items() if n in self._by_name}
        for one in self._unknown:
            name = one["field"]
            what, other = said[f"unknown_{name}"], said.get(f"other_{name}", "").strip()
            unknown[name] = f"{DEFAULT}{other}" if other else what
            chosen = {
                text: "" if new == _EMPTY else new.strip()
                for place, (text, _count) in enumerate(one["values"])
                if (new := said[f"value_{name}_{place}"])
            }
            if chosen:
                values[name] = chosen
        columns = {
            column["heading"]: said[f"column_{place}"] for place, column in enumerate(self._columns)
        }
        return replace(self._mapping, columns=columns, values=values, unknown=unknown)


def _written(column: dict[str, Any]) -> str:
    """The heading, for people; an import that waits since an older version has it in one spelling
    alone."""
    return shorten(column.get("written", column["heading"]))


def _usual(column: Column) -> str:
    """Labels that are missing are made in any case."""
    return CREATE if isinstance(column, Many) and column.makes_rows else REFUSE


def _policies(column: Column, options: list[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    if column.makes_rows:
        yield CREATE, _("are made")
    if _usual(column) == REFUSE:
        yield REFUSE, _("are wrong")
    if not column.required:
        yield SKIP, _("are empty cells")
    for value, label in options:
        yield f"{DEFAULT}{value}", _t("are “%(value)s”") % {"value": label}
