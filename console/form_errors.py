"""What is wrong with a form that was not saved, as links to its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm
from django.utils.text import capfirst
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class ErrorLink:
    label: str
    #: The id of the element.
    target: str
    message: str


def error_links(form: BaseForm, inlines: Iterable[Any]) -> list[ErrorLink]:
    """Every field that is wrong, in the order of the page, with the first thing that is wrong of
    it. What is said of the form as a whole stands above it anyway."""
    links = list(_of_fields(form, ""))
    for inline in inlines:
        formset, title = inline.formset, capfirst(inline.opts.verbose_name_plural)
        for number, row in enumerate(formset.forms, 1):
            if formset.can_delete and formset._should_delete_form(row):
                continue
            place = _("%(title)s, row %(number)d") % {"title": title, "number": number}
            links += _of_fields(row, place)
        links += [
            ErrorLink(title, f"{formset.prefix}-group", message)
            for message in formset.non_form_errors()
        ]
    return links


def _of_fields(form: BaseForm, place: str) -> Iterator[ErrorLink]:
    for field in form:
        if field.errors:
            label = f"{place}: {field.label}" if place else field.label
            yield ErrorLink(str(label), field.id_for_label or field.auto_id, field.errors[0])
    if place:
        for message in form.non_field_errors():
            yield ErrorLink(place, form[next(iter(form.fields))].auto_id, message)
