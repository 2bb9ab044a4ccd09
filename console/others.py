"""A form that undoes nobody else's work: it writes what its own user changed, and no more.

The form sends along what each field showed when the page was opened (Django's hidden initial
values). What was not touched is left as it is now, whoever changed it meanwhile. Where two people
changed the same field, the second is told, and may save again.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.encoding import force_str
from django.utils.text import Truncator
from django.utils.translation import gettext as _

#: Of a long value so much is shown in a message.
SHOWN = 60


class LeavesOthersWork(forms.ModelForm):
    #: Fields whose value does not go through a page as text.
    without_initial: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prepare_fields()
        if self.instance._state.adding:
            return
        for name, field in self.fields.items():
            # A script that posts without them says what every field is to be.
            is_known = not self.is_bound or self.add_initial_prefix(name) in self.data
            field.show_hidden_initial = is_known and name not in self.without_initial
            if isinstance(field, forms.ModelMultipleChoiceField):
                field.hidden_widget = JoinedKeys
        if self.is_bound:
            self._bring_up_to_date()

    def prepare_fields(self) -> None:
        """Where a subclass gives fields their widgets, choices and initial values: before what was
        sent is compared with them."""

    def shown(self, name: str) -> Any:
        """What the page has shown in the field; ``None`` where that is not known."""
        if not (self.is_bound and self.add_initial_prefix(name) in self.data):
            return None
        hidden = self.fields[name].hidden_widget()
        return self._widget_data_value(hidden, self.add_initial_prefix(name))

    def _bring_up_to_date(self) -> None:
        """Post what the row has now for every field that was not touched: it is judged, saved, and
        shown on a page that comes back, as if the page had been opened a moment ago."""
        untouched = [
            name
            for name, field in self.fields.items()
            if field.show_hidden_initial and not self[name]._has_changed()
        ]
        if not untouched:
            return
        self.data = self.data.copy()
        for name in untouched:
            field = self.fields[name]
            now = field.prepare_value(self.get_initial_for_field(field, name))
            self._show(name, now)
            key = self.add_prefix(name)
            if isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
                self.data.setlist(key, [force_str(each) for each in now or []])
            elif isinstance(field, forms.BooleanField) and not now:
                self.data.pop(key, None)
            else:
                self.data[key] = "on" if now is True else _as_text(now)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.changed_data:
            field = self.fields[name]
            is_known = field.show_hidden_initial and name in data
            if is_known and self._is_changed_by_others(name, field):
                self._tell(name, field)
        return data

    def _show(self, name: str, value: Any) -> None:
        """From now on it is this that the page has shown."""
        self.data[self.add_initial_prefix(name)] = _as_text(value)

    def _is_changed_by_others(self, name: str, field: forms.Field) -> bool:
        """Whether the row has another value now than the page showed, and than is to be saved."""
        now = _with_plain_lines(self.get_initial_for_field(field, name))
        shown = self._widget_data_value(field.hidden_widget(), self.add_initial_prefix(name))
        if isinstance(field, forms.MultipleChoiceField):
            shown = field.to_python(shown)
        return all(
            field.has_changed(now, _with_plain_lines(value)) for value in (shown, self[name].data)
        )

    def _tell(self, name: str, field: forms.Field) -> None:
        now = field.prepare_value(self.get_initial_for_field(field, name))
        self.data = self.data.copy()
        self._show(name, now)
        self.add_error(
            name,
            _(
                "Somebody else changed this since you opened the page. It is “%(value)s” now; save "
                "again to replace that."
            )
            % {"value": Truncator(self._in_words(name, field, now)).chars(SHOWN)},
        )

    def _in_words(self, name: str, field: forms.Field, value: Any) -> str:
        if isinstance(field, forms.ModelMultipleChoiceField):
            return ", ".join(map(force_str, field.queryset.filter(pk__in=value or [])))
        if isinstance(field, forms.ModelChoiceField):
            return force_str(getattr(self.instance, name) or "")
        if isinstance(field, forms.BooleanField):
            return _("Yes") if value else _("No")
        labels: dict[str, str] = {}
        for key, label in getattr(field, "choices", ()):
            pairs = label if isinstance(label, list | tuple) else [(key, label)]
            labels |= {force_str(choice): force_str(text) for choice, text in pairs}
        values = value if isinstance(value, list | tuple) else [_as_text(value)]
        return ", ".join(labels.get(force_str(each), force_str(each)) for each in values)


class JoinedInput(forms.HiddenInput):
    """Several values in one field that is not seen, also where there are none."""

    def format_value(self, value: Any) -> Any:
        return _as_text(value)


class JoinedKeys(JoinedInput):
    """The same for rows, by their keys."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        text = data.get(name)
        return None if text is None else [key for key in text.split(",") if key]


def _as_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(force_str, value))
    return "" if value is None else force_str(value)


def _with_plain_lines(value: Any) -> Any:
    """Browsers send every line end as two characters; files and scripts have written one."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
