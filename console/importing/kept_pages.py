"""The pages of one import: how it goes, its preview, its confirmation, and what came of it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from console.history.access import may_read
from console.importing import keeping, storage
from console.importing.exceptions import ImportingError
from console.importing.forms import ConfirmForm, ReadingForm
from console.importing.mapping import Mapping
from console.importing.mapping_form import MappingForm
from console.importing.models import IMPORTED, Import
from console.importing.reading import AS_NEW, FOREIGN, Reading
from console.importing.shown import questions_of
from console.importing.state_words import (
    facts_of,
    needs_again,
    same_before,
    state_of,
    undone_of,
    who_of,
)
from console.importing.undoing import undo
from console.live import live_answer, signed_out


class KeptPagesMixin:
    """For a ModelAdmin with ``ImportExportMixin``, which asks for the files."""

    import_page_template = "admin/import_export/import_one.html"
    #: What the page of an import that is done shows as well: what can be done next.
    import_next_template = ""

    def kept_urls(self: Any, name: str) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("import/<int:pk>/", view(never_cache(self.one_import)), name=f"{name}_one"),
            # Answers for itself where a session has ended: a poll must not get the sign-in page.
            path("import/<int:pk>/live/", never_cache(self.import_live), name=f"{name}_live"),
            path("import/<int:pk>/read/", view(self.import_read), name=f"{name}_read"),
            path("import/<int:pk>/map/", view(self.import_map), name=f"{name}_map"),
            path("import/<int:pk>/confirm/", view(self.import_confirm), name=f"{name}_confirm"),
            path("import/<int:pk>/cancel/", view(self.import_cancel), name=f"{name}_cancel"),
            path("import/<int:pk>/undo/", view(self.import_undo), name=f"{name}_undo"),
            path("import/<int:pk>/faulty/", view(self.import_faulty), name=f"{name}_faulty"),
        ]

    def page_of(self: Any, import_: Import) -> str:
        return str(self.page_url("import_one", import_.pk))

    def person(self, request: HttpRequest) -> Any:
        """Whose files these are: whoever asks for the page."""
        return request.user

    def history_url(self, request: HttpRequest, import_: Import) -> str:
        """Where what was changed is told, for those who may read it."""
        if not may_read(request):
            return ""
        log = reverse("admin:history_logentry_changelist")
        return f"{log}?{urlencode({'cid': import_.cid})}"

    def earlier_url(self: Any) -> str:
        """The list of imports, of this kind alone."""
        return f"{reverse('admin:importing_import_changelist')}?model={self.opts.label_lower}"

    def get_import(self: Any, request: HttpRequest, pk: int) -> Import:
        """The import, for those who may import its kind: others learn nothing of it."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        import_ = Import.objects.filter(pk=pk, model=self.opts.label_lower).first()
        if import_ is None:
            raise Http404
        return import_

    # --- looking -------------------------------------------------------------------------------

    def one_import(
        self: Any, request: HttpRequest, pk: int, form: MappingForm | None = None
    ) -> HttpResponse:
        """Whatever is to be said of an import now; it changes nothing. With a ``form`` that was
        not good, what somebody has chosen in it is there still."""
        import_ = self.get_import(request, pk)
        about = {"name": self.opts.verbose_name_plural, "state": state_of(import_)}
        title = _("Import of %(name)s: %(state)s") % about
        context = {**self._facts(request, import_), "title": title}
        if form is not None and context["mapping_form"]:
            context |= {"mapping_form": form, "mapping_is_open": True}
        if import_.state in IMPORTED:
            context["history_url"] = self.history_url(request, import_)
        if import_.state == "done":
            context |= self.get_done_context(request, import_)
        return self.importing_page(request, self.import_page_template, context)

    def get_done_context(self, request: HttpRequest, import_: Import) -> dict[str, Any]:
        """What ``import_next_template`` needs beside the import."""
        return {}

    def _facts(self: Any, request: HttpRequest, import_: Import) -> dict[str, Any]:
        is_mine = import_.belongs_to(self.person(request))
        questions = questions_of(import_.preview)
        before = same_before(import_) if import_.state == "ready" else None
        is_read = import_.state in ("ready", "unsettled")
        reading = Reading(**import_.reading)
        return {
            **facts_of(import_),
            "import": import_,
            "is_mine": is_mine,
            "preview": import_.preview or {},
            "questions": questions,
            "reading_form": ReadingForm.about(reading, self.make_resource(), questions)
            if is_read and is_mine
            else None,
            "as_new": FOREIGN[AS_NEW],
            "mapping_form": self._mapping_form(request, import_) if is_read and is_mine else None,
            "mapping_is_open": import_.state == "unsettled" or has_unknown(import_),
            "may_confirm": is_mine
            and keeping.has_something_to_import(import_, good_rows_only=bool(import_.in_error)),
            "before": before,
            "before_who": who_of(before) if before else "",
            "before_url": self.page_of(before) if before else "",
            # Of a button beside another form's own.
            "cancel_attrs": {
                "formaction": self.page_url("import_cancel", import_.pk),
                "formnovalidate": "formnovalidate",
            },
            "next_template": self.import_next_template if import_.state == "done" else "",
            **{
                f"{name}_url": self.page_url(f"import_{name}", import_.pk)
                for name in ("live", "read", "map", "confirm", "cancel", "undo", "faulty")
            },
            "may_undo": import_.state == "done" and self.may_undo(request.user, import_),
            "undone": undone_of(import_),
        }

    def _mapping_form(
        self: Any, request: HttpRequest, import_: Import, data: Any = None
    ) -> MappingForm | None:
        shown = (import_.preview or {}).get("mapping")
        if not shown:
            return None
        mapping = Mapping.from_json(import_.mapping)
        user = self.person(request)
        return MappingForm(shown, mapping, self.make_resource(), data, user=user)

    def import_live(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that changes while the worker is at it; see ``console.live``. What
        comes after that is another page."""
        if not (self.admin_site.has_permission(request) and self.has_import_permission(request)):
            return signed_out()
        import_ = Import.objects.filter(pk=pk, model=self.opts.label_lower).first()
        if import_ is None or not import_.is_at_work:
            return HttpResponse(headers={"HX-Refresh": "true"})
        facts = self._facts(request, import_)
        return live_answer(
            request,
            version=facts["version"],
            is_open=True,
            draw=lambda: render(request, "admin/import_export/import_work.html", facts),
        )

    def import_faulty(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """The rows in error, with what is wrong with each."""
        import_ = self.get_import(request, pk)
        try:
            # The response closes it once it was sent.
            file = storage.fetch(import_.faulty)
        except FileNotFoundError as exc:
            raise Http404 from exc
        stem = PurePath(import_.file_name).stem or "rows"
        response = FileResponse(
            file, as_attachment=True, filename=f"{stem}-errors.csv", content_type="text/csv"
        )
        response["X-Content-Type-Options"] = "nosniff"
        return response

    # --- doing ---------------------------------------------------------------------------------

    def import_read(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the file again, as the form says."""
        import_ = self.get_import(request, pk)
        form = ReadingForm(request.POST)
        if request.method == "POST" and not form.is_valid():
            messages.error(request, _("Nothing was read: choose one of what is offered."))
        elif request.method == "POST":
            self._or_say_why(
                request,
                lambda: keeping.read_again(
                    import_, form.reading(), make=self.make_resource, user=self.person(request)
                ),
            )
        return HttpResponseRedirect(self.page_of(import_))

    def import_map(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the file again, with its columns and values as the form says."""
        import_ = self.get_import(request, pk)
        data = request.POST if request.method == "POST" else None
        form = self._mapping_form(request, import_, data) if data is not None else None
        if form is not None and not form.is_valid():
            problems = form.non_field_errors() or [
                _("Nothing was read: choose one of what is offered.")
            ]
            messages.error(request, problems[0])
            return self.one_import(request, pk, form)
        if form is not None:
            self._or_say_why(
                request,
                lambda: keeping.read_again(
                    import_,
                    mapping=form.mapping(),
                    make=self.make_resource,
                    user=self.person(request),
                ),
            )
        return HttpResponseRedirect(self.page_of(import_))

    def import_confirm(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """Import the file that was previewed."""
        import_ = self.get_import(request, pk)
        form = ConfirmForm(request.POST)
        if request.method == "POST" and form.is_valid():
            if needs_again(import_) and not form.cleaned_data["again"]:
                text = _("This file was imported before. Tick “Import it again” to do so.")
                messages.error(request, text)
            else:
                self._or_say_why(
                    request,
                    lambda: keeping.confirm(
                        import_,
                        good_rows_only=form.good_rows_only,
                        make=self.make_resource,
                        user=self.person(request),
                    ),
                )
        return HttpResponseRedirect(self.page_of(import_))

    def import_cancel(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """Forget the file, or stop the work on it."""
        import_ = self.get_import(request, pk)
        if request.method == "POST":
            self._or_say_why(request, lambda: keeping.cancel(import_, user=self.person(request)))
        return HttpResponseRedirect(self.page_of(import_))

    def import_undo(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """Take back what the import made and changed."""
        import_ = self.get_import(request, pk)
        if request.method == "POST":
            self._or_say_why(request, lambda: undo(import_, pages=self, user=request.user))
        return HttpResponseRedirect(self.page_of(import_))

    def _or_say_why(self: Any, request: HttpRequest, act: Any) -> None:
        try:
            act()
        except ImportingError as refusal:
            messages.error(request, str(refusal))


def has_unknown(import_: Import) -> bool:
    """Whether rows are in error and some values are not known here, which may be why."""
    shown = (import_.preview or {}).get("mapping", {})
    return bool(import_.in_error and shown.get("unknown"))
