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
        if self.instance._state.adding:
            return
        for name, field in self.fields.items():
            # A script that posts without them says what every field is to be.
            is_known = not self.is_bound or self.add_initial_prefix(name) in self.data
            field.show_hidden_initial = is_known and name not in self.without_initial

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name, field in self.fields.items():
            if not field.show_hidden_initial or name not in data:
                continue
            if name not in self.changed_data:
                data[name] = getattr(self.instance, name)
            elif self._is_changed_by_others(name, field):
                self._tell(name, field)
        return data

    def _is_changed_by_others(self, name: str, field: forms.Field) -> bool:
        """Whether the row has another value now than the page showed, and than is to be saved."""
        now = _with_plain_lines(self.get_initial_for_field(field, name))
        shown = self._widget_data_value(field.hidden_widget(), self.add_initial_prefix(name))
        return all(
            field.has_changed(now, _with_plain_lines(value)) for value in (shown, self[name].data)
        )

    def _tell(self, name: str, field: forms.Field) -> None:
        now = field.prepare_value(self.get_initial_for_field(field, name))
        # The next time it is this that the page has shown.
        self.data = self.data.copy()
        self.data[self.add_initial_prefix(name)] = "" if now is None else force_str(now)
        self.add_error(
            name,
            _(
                "Somebody else changed this since you opened the page. It is “%(value)s” now; save "
                "again to replace that."
            )
            % {"value": Truncator(self._in_words(name, field, now)).chars(SHOWN)},
        )

    def _in_words(self, name: str, field: forms.Field, value: Any) -> str:
        if isinstance(field, forms.ModelChoiceField):
            return force_str(getattr(self.instance, name) or "")
        if isinstance(field, forms.BooleanField):
            return _("Yes") if value else _("No")
        for key, label in getattr(field, "choices", ()):
            pairs = label if isinstance(label, list | tuple) else [(key, label)]
            for choice, text in pairs:
                if force_str(choice) == force_str(value):
                    return force_str(text)
        return force_str("" if value is None else value)


def _with_plain_lines(value: Any) -> Any:
    """Browsers send every line end as two characters; files and scripts have written one."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
