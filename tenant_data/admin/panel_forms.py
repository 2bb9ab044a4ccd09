"""The small forms of the panels on a task's page: a comment, time, files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from console.modeladmin import AutocompleteSelect
from console.sites import tenant_site
from console.uploads import MOST_FILES, files_sent, was_cut
from tenant_data import files
from tenant_data.durations import MinutesField
from tenant_data.file_types import TYPES
from tenant_data.models import Attachment, Comment, Task, TimeEntry


class PanelForm(forms.Form):
    """A form for something that is added to ``task`` by whoever asks.

    ``save`` adds it, and may raise ``ValidationError`` for what only shows when it is written.
    """

    #: Begins the ids of the fields, for the task's own form is on the same page.
    name = ""

    def __init__(self, request: HttpRequest, task: Task, *, is_sent: bool = False) -> None:
        self.request, self.task = request, task
        data = (request.POST, request.FILES) if is_sent else (None, None)
        super().__init__(*data, auto_id=f"id_{self.name}_%s")

    def save(self) -> Any:
        raise NotImplementedError

    def said(self, added: Any) -> str:
        """What the page says when it was added."""
        raise NotImplementedError


class CommentForm(PanelForm):
    name = "comment"

    text = forms.CharField(
        label=_("Your comment"),
        max_length=Comment._meta.get_field("text").max_length,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def save(self) -> Comment:
        author, text = self.request.user, self.cleaned_data["text"].replace("\r\n", "\n")
        return Comment.objects.create(task=self.task, author=author, text=text)

    def said(self, added: Any) -> str:
        return str(_("Your comment was added."))


class DayInput(forms.DateInput):
    """The browser's own, which a phone knows how to show, and which needs no script."""

    input_type = "date"

    def __init__(self) -> None:
        look = UnfoldAdminTextInputWidget().attrs
        super().__init__(format="%Y-%m-%d", attrs=look)


class TimeForm(PanelForm):
    name = "time"

    minutes = MinutesField(label=_("How long"))
    spent_on = forms.DateField(
        label=_("Day"), widget=DayInput(), initial=timezone.localdate, input_formats=["%Y-%m-%d"]
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=TimeEntry._meta.get_field("note").max_length,
        widget=UnfoldAdminTextInputWidget(),
    )

    def __init__(self, request: HttpRequest, task: Task, **kwargs: Any) -> None:
        super().__init__(request, task, **kwargs)
        if tenant_site.get_model_admin(TimeEntry).may_book_for_others(request):
            field = TimeEntry._meta.get_field("person")
            self.fields["person"] = field.formfield(
                label=_("Person"),
                initial=request.user.pk,
                widget=AutocompleteSelect(field, tenant_site),
            )

    def clean_spent_on(self) -> Any:
        day = self.cleaned_data["spent_on"]
        if not 1900 <= day.year <= 2200:
            raise ValidationError(_("Is the year right?"))
        return day

    def save(self) -> TimeEntry:
        return TimeEntry.objects.create(
            task=self.task, **{"person": self.request.user, **self.cleaned_data}
        )

    def said(self, added: Any) -> str:
        return str(_("The time was booked."))


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """All of the files that were chosen, or an error for each that cannot be attached."""
        uploads = [each for each in (data or []) if each]
        if not uploads:
            raise ValidationError(_("Choose a file first."), code="required")
        files.check_files(uploads)
        return uploads


class FilesForm(PanelForm):
    name = "files"

    files = FilesField(
        label=_("Choose files"),
        help_text=format_lazy(
            _("Up to {most} at once: documents, tables, pictures, sound, film, archives."),
            most=files.MOST_AT_ONCE,
        ),
        widget=FilesInput(attrs={"accept": ",".join(f".{extension}" for extension in TYPES)}),
    )

    def clean(self) -> dict[str, Any]:
        if (sent := files_sent(self.request)) > MOST_FILES:
            self._errors.pop("files", None)
            self.add_error("files", files.too_many(sent))
        elif was_cut(self.request):
            self._errors.pop("files", None)
            size = filesizeformat(files.largest_request())
            message = _("Together these files are larger than %(size)s. Attach them one by one.")
            self.add_error("files", ValidationError(message, params={"size": size}))
        return self.cleaned_data

    def save(self) -> list[Attachment]:
        uploads = self.cleaned_data["files"]
        return files.attach(self.task, uploads, acting_user=self.request.user)

    def said(self, added: Any) -> str:
        return files.attached_in_words(added)
