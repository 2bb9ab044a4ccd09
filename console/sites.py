"""The two admins: the staff's in ``public``, and each tenant's in its schema.

Each is the only admin in its URL configuration, so both are called ``admin`` there, as the
templates of Django, Unfold and import-export expect.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from console.company.weeks import calendar_words

#: In the address of the sign-in page: it came in place of what a form was to save.
UNSAVED = "unsaved"
#: How many objects of one kind a search brings up.
HITS_PER_MODEL = 8


class FieldChoicesView(AutocompleteJsonView):
    """Choices of an autocomplete field, for those who may see the choices, fill in the field, or
    look through a list that has a filter for it.

    Django asks for the right to view the other model alone, so that someone who may change tasks
    could not choose an assignee, as they can in a plain list.
    """

    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        if super().has_perm(request, obj=obj):
            return True
        source_admin = self._source_admin
        if source_admin is None:
            return False
        if source_admin.has_change_permission(request) or source_admin.has_add_permission(request):
            return True
        filters = {entry[0] for entry in source_admin.list_filter if isinstance(entry, tuple)}
        return self.source_field.name in filters and source_admin.has_view_permission(request)

    def get_queryset(self) -> QuerySet[Any]:
        queryset = super().get_queryset()
        narrow = getattr(self._source_admin, "choices_for", None)
        return narrow(self.source_field.name, self.request, queryset) if narrow else queryset

    @property
    def _source_admin(self) -> Any:
        return self.admin_site._registry.get(self.source_field.model)


class ConsoleSite(UnfoldAdminSite):
    """What both sides share."""

    index_title = _("Home")
    site_url = None

    #: Models that a search looks in, as ``app.model``; each through its own ModelAdmin.
    searched_models: ClassVar[tuple[str, ...]] = ()
    #: Models without a list of their own here whose rights mean something all the same.
    shown_elsewhere: ClassVar[tuple[str, ...]] = ()

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Unfold writes the colours into the page where no nonce can be set: ``theme_colors.html``
        does it in its place."""
        context = super().each_context(request)
        context["theme_colors"] = context.pop("colors")
        titles = {model: getattr(a, "menu_title", "") for model, a in self._registry.items()}
        context["menu_titles"] = {model: title for model, title in titles.items() if title}
        return context

    def extra_urls(self) -> list[URLPattern]:
        return [path("favicon.ico", favicon, name="favicon")]

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Django's. Where a form leads to the sign-in page, its address says that nothing was
        saved: strangers have no session that could."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = inner(request, *args, **kwargs)
            if request.method == "POST" and not request.user.is_authenticated:
                address = response.headers.get("Location", "")
                if address.startswith(f"{reverse('admin:login')}?"):
                    response.headers["Location"] = f"{address}&{UNSAVED}=1"
            return response

        return answer

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        from console.accounts.views import forgotten_url

        context = {"forgotten_url": forgotten_url(), "is_unsaved": UNSAVED in request.GET}
        return super().login(request, {**context, **(extra_context or {})})

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who finds a screen unlocked could guess the old password here: that counts as a failed
        sign-in."""
        from console.throttling.handler import has_to_wait, note_failure
        from console.throttling.pages import wait

        name = request.user.get_username()
        if request.method == "POST" and has_to_wait(request, name):
            return wait(request, credentials={"username": name})
        response = super().password_change(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if form is not None and form.has_error("old_password", "password_incorrect"):
            note_failure(request, name)
        return response

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one app, under the app's own name."""
        title = {"title": apps.get_app_config(app_label).verbose_name}
        return super().app_index(request, app_label, {**title, **(extra_context or {})})

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return FieldChoicesView.as_view(admin_site=self)(request)

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The command palette's answer: pages, then a few objects of each searched model.

        In place of Unfold's, which reads every hit of every model, does not ask whether the user
        may see them, and keeps the answer for five minutes.
        """
        term = request.GET.get("s", "").strip()[:100]
        if not term:
            return HttpResponse()
        hits = [*self._pages(request, term), *self._objects(request, term)]
        paginator = Paginator(hits, max(len(hits), 1))
        context = {
            "page_obj": paginator,
            "results": paginator.page(1),
            "page_counter": 0,
            "command_show_history": False,
        }
        return TemplateResponse(
            request,
            "unfold/helpers/command_results.html",
            context,
            headers={"HX-Trigger": "search"},
        )

    def _pages(self, request: HttpRequest, term: str) -> list[SearchResult]:
        return [
            SearchResult(
                title=capfirst(str(model["name"])),
                description=gettext("page"),
                link=model["admin_url"],
                icon="list",
            )
            for app in self.get_app_list(request)
            for model in app["models"]
            if model["admin_url"] and term.lower() in str(model["name"]).lower()
        ]

    def _objects(self, request: HttpRequest, term: str) -> list[SearchResult]:
        hits: list[SearchResult] = []
        for label in self.searched_models:
            model = apps.get_model(label)
            model_admin = self._registry.get(model)
            if model_admin is None or not model_admin.has_view_or_change_permission(request):
                continue
            queryset, may_repeat = model_admin.get_search_results(
                request, model_admin.get_queryset(request), term
            )
            if isinstance(model_admin.list_select_related, list | tuple):
                queryset = queryset.select_related(*model_admin.list_select_related)
            if may_repeat:
                queryset = queryset.distinct()
            url = f"{self.name}:{model._meta.app_label}_{model._meta.model_name}_change"
            hits += [
                SearchResult(
                    title=str(obj),
                    description=str(model._meta.verbose_name),
                    link=reverse(url, args=[obj.pk]),
                    icon="arrow_right_alt",
                )
                for obj in queryset[:HITS_PER_MODEL]
            ]
        return hits


class PublicSite(ConsoleSite):
    """Where the staff manage clients."""

    settings_name = "UNFOLD_PUBLIC"
    index_template = "console/home_public.html"
    searched_models = ("tenants.Client", "tenants.Domain")
    shown_elsewhere = ("history.LogEntry",)


class TenantSite(ConsoleSite):
    """Where a company's own people work, on that company's data alone."""

    settings_name = "UNFOLD_TENANT"
    index_template = "console/home_tenant.html"
    searched_models = ("tenant_data.Project", "tenant_data.Task", "tenant_data.Customer")
    shown_elsewhere = ("tenant_data.Comment", "tenant_data.TimeEntry", "tenant_data.Attachment")

    def i18n_javascript(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What the calendars of date fields read: their weeks start where the company's do."""
        return calendar_words(request)

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        tenant = request.tenant
        logo = reverse("logo", args=[tenant.logo.name]) if tenant.logo else ""
        return {**context, "site_monogram": monogram(tenant.name), "site_picture": logo}


@cache_control(public=True, max_age=86_400)
def favicon(request: HttpRequest) -> HttpResponse:
    """For those who ask for the icon without having read a page."""
    return HttpResponseRedirect(static("console/favicon.svg"))


def monogram(name: str) -> str:
    """One or two letters that stand for a name: ``Acme Ltd`` gives ``AL``."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


public_site = PublicSite(name="admin")
tenant_site = TenantSite(name="admin")
