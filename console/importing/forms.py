"""The forms of the import and export pages."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.contrib.import_export import forms as unfold_forms

from console.importing.exceptions import shorten
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
        if was_cut:
            message = _("The file is larger than %(n)s MB. Split it.") % {"n": MAX_BYTES >> 20}
            self.fields["import_file"].error_messages["required"] = message

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
    """What the preview hands to the confirmation."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=2000)


class ExportForm(unfold_forms.ExportForm):
    """The kind of file; CSV unless something else is chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["format"]
        field.choices = [choice for choice in field.choices if choice[0] != ""]
        field.widget.choices = field.choices
        field.initial = "0"
