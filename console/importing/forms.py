"""The forms of the import and export pages."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.import_export import forms as unfold_forms
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from console.importing.exceptions import shorten
from console.importing.measures import InWays
from console.importing.reading import (
    DATE_ORDERS,
    DECIMALS,
    DELIMITERS,
    ENCODINGS,
    FOREIGN,
    Question,
    Reading,
)
from console.importing.resource import KeyedResource
from console.importing.table import MAX_BYTES


class ImportForm(forms.Form):
    """A file and nothing else: of which kind it is, its content says."""

    import_file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
        },
        help_text=format_lazy(_("CSV or Excel (.xlsx), up to {size} MB."), size=MAX_BYTES >> 20),
    )

    def __init__(self, *args: Any, was_cut: bool = False, **kwargs: Any) -> None:
        """``was_cut``: there was a file, which was too large to be kept."""
        super().__init__(*args, **kwargs)
        self.refusals: list[str] = []
        if was_cut:
            message = _("The file is larger than %(n)s MB. Split it.") % {"n": MAX_BYTES >> 20}
            self.fields["import_file"].error_messages["required"] = message

    def refuse(self, why: str) -> None:
        """Say what is wrong with a file that was chosen and has been read."""
        self.refusals.append(why)

    @property
    def problems(self) -> list[str]:
        """What is wrong with the file, to be said above it."""
        return [*self.errors.get("import_file", ()), *self.refusals]

    def clean_import_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["import_file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(n)s MB. Split it."), params={"n": MAX_BYTES >> 20}
            )
        # Shown and logged, never opened.
        file.name = shorten(PurePath(file.name or "").name, 100)
        return file


class ConfirmForm(forms.Form):
    """What a preview is confirmed with: all of it, or only the rows that are not in error."""

    rows = forms.ChoiceField(choices=[("all", ""), ("good", "")], widget=forms.HiddenInput)
    again = forms.BooleanField(label=_("Import it again"), required=False)

    @property
    def good_rows_only(self) -> bool:
        return bool(self.cleaned_data["rows"] == "good")


class ReadingForm(forms.Form):
    """How a file is read, to be changed for one that is here already.

    A field that is not on the form, or left open, is found out anew; so is the line of the header.
    """

    encoding = forms.ChoiceField(
        label=_("Encoding"), choices=list(ENCODINGS.items()), required=False
    )
    delimiter = forms.ChoiceField(
        label=_("Between the cells"), choices=list(DELIMITERS.items()), required=False
    )
    date_order = forms.ChoiceField(
        label=_("Dates such as 05/06/2025"),
        choices=[("", _("as each column shows")), *DATE_ORDERS.items()],
        required=False,
    )
    decimal = forms.ChoiceField(
        label=_("Numbers such as 1.234"),
        choices=[("", _("as each column shows")), *DECIMALS.items()],
        required=False,
    )

    foreign = forms.ChoiceField(
        label=_("What to do with a file from elsewhere"),
        choices=list(FOREIGN.items()),
        required=False,
    )

    @classmethod
    def about(
        cls, reading: Reading, resource: KeyedResource, questions: list[Question]
    ) -> ReadingForm:
        """The form with how a file was read, and with the questions that it leaves open.

        It has no fields for what files of the resource, or of this kind, do not have.
        """
        form = cls(initial=asdict(reading))
        kinds = {c.widget.kind for c in resource.columns if isinstance(c.widget, InWays)}
        for name in ("encoding", "delimiter", "foreign"):
            if not form.initial[name]:
                del form.fields[name]
        for name in {"date_order", "decimal"} - kinds:
            del form.fields[name]
        for field in form.fields.values():
            if isinstance(field, forms.ChoiceField):
                field.widget = UnfoldAdminSelectWidget(choices=field.choices)
        for question in questions:
            form._ask(question)
        return form

    def _ask(self, question: Question) -> None:
        words = DATE_ORDERS if question.kind == "date_order" else DECIMALS
        choices = [(way, f"{words[way]}: {meaning}") for way, meaning in question.meanings.items()]
        field: Any = self.fields[question.kind]
        field.choices, field.required = choices, True
        field.widget = UnfoldAdminRadioSelectWidget(choices=choices)
        field.label = ngettext(
            "The column %(columns)s does not tell how “%(value)s” on line %(line)d is meant.",
            "The columns %(columns)s do not tell how “%(value)s” on line %(line)d is meant.",
            len(question.columns),
        ) % {
            "columns": ", ".join(question.columns),
            "value": question.value,
            "line": question.line,
        }
        self.initial[question.kind] = question.likely

    @property
    def asked(self) -> list[Any]:
        """The fields that have to be answered."""
        return [field for field in self.visible_fields() if field.field.required]

    @property
    def others(self) -> list[Any]:
        """The fields that may be changed."""
        return [field for field in self.visible_fields() if not field.field.required]

    def reading(self) -> Reading:
        """What the form says, once it is valid."""
        names = ("encoding", "delimiter", "date_order", "decimal", "foreign")
        return Reading(**{name: self.cleaned_data[name] for name in names})


class ExportForm(unfold_forms.ExportForm):
    """The kind of file; CSV unless something else is chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["format"]
        field.choices = [choice for choice in field.choices if choice[0] != ""]
        field.widget.choices = field.choices
        field.initial = "0"
