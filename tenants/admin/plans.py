"""Plans: what clients pay for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Count, Max, ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from console.importing.admin import ImportExportMixin
from console.modeladmin import ModelAdmin
from console.others import JoinedInput, LeavesOthersWork
from console.sites import public_site
from tenants.admin.base import PageMixin, SecondLook, link
from tenants.admin.client_filters import EVERYTHING, StatusFilter
from tenants.admin.plan_words import features_of, limits_of, price_of
from tenants.admin.state_badge import label
from tenants.exceptions import PlanIsOffered, PlanRetired, TenantError
from tenants.models import Feature, Plan
from tenants.operations import plans
from tenants.resources import PlanResource

#: What a new plan's place in lists is above the last one's: there is room between any two.
STEP = 10


class FeaturesField(forms.MultipleChoiceField):
    hidden_widget = JoinedInput

    def to_python(self, value: Any) -> list[str]:
        """Takes the values also as the hidden field joins them."""
        return super().to_python(value.split(",") if value and isinstance(value, str) else value)


class PlanForm(LeavesOthersWork):
    features = FeaturesField(
        label=_("Features"),
        choices=Feature.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=_("What clients with this plan can use."),
    )

    class Meta:
        model = Plan
        fields = "__all__"
        labels: ClassVar[dict[str, Any]] = {"position": _("Place in lists")}


@admin.register(Plan, site=public_site)
class PlanAdmin(ImportExportMixin, PageMixin, SecondLook, ModelAdmin):
    """A plan that clients have cannot be deleted. It can be retired: they keep it, and nobody
    else gets it."""

    form = PlanForm
    actions = None
    actions_detail = ("retire", "offer_again")
    list_display = ("name", "code", "price_in_words", "limits", "number_of_clients", "offer")
    list_filter = ("is_retired", "billing_period")
    search_fields = ("name", "code")
    search_help_text = _("Name or code")
    resource_classes = (PlanResource,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        return super().get_queryset(request).annotate(client_count=Count("clients"))

    # --- What is shown ----------------------------------------------------------------------

    @display(description=_("price"), ordering="price")
    def price_in_words(self, plan: Plan) -> str:
        return price_of(plan)

    @display(description=_("limits"))
    def limits(self, plan: Plan) -> str:
        return limits_of(plan)

    @display(description=_("features"))
    def feature_list(self, plan: Plan) -> str:
        return features_of(plan)

    @display(description=_("clients"), ordering="client_count")
    def number_of_clients(self, plan: Plan) -> SafeString | int:
        return _clients_link(plan, plan.client_count) if plan.client_count else 0

    @display(description=_("status"), ordering="is_retired")
    def offer(self, plan: Plan) -> SafeString:
        if plan.is_retired:
            return label(_t("Retired"), "warning")
        return label(_t("Offered"), "success")

    def get_fieldsets(self, request: HttpRequest, obj: Plan | None = None) -> Any:
        can_write = self.has_add_permission(request)
        if obj is not None:
            can_write = self.has_change_permission(request, obj)
        sections: list[Any] = [
            (None, {"fields": ("name", "code", "description")}),
            (_("Price"), {"fields": (("price", "currency", "billing_period"),)}),
            (
                _("Limits"),
                {
                    "fields": (("max_users", "max_projects"), ("max_tasks", "max_storage_mb")),
                    "description": _("Of each client with this plan, not of all together."),
                },
            ),
            (_("Features"), {"fields": ("features" if can_write else "feature_list",)}),
            (_("In lists"), {"fields": ("position",)}),
        ]
        if obj is not None:
            sections.append((_("Clients"), {"fields": (("offer", "number_of_clients"),)}))
        return sections

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> tuple[str, ...]:
        return ("feature_list", "offer", "number_of_clients")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        last = Plan.objects.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else min(last + STEP, 32_767)
        return {"position": position, **super().get_changeform_initial_data(request)}

    # --- Offered or not -----------------------------------------------------------------------

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Of the two, the one that this plan can take."""
        plan = self.get_object(request, unquote(str(object_id)))
        if plan is None:
            return []
        wanted = "offer_again" if plan.is_retired else "retire"
        found = super().get_actions_detail(request, object_id)
        return [action for action in found if action.method.__name__ == wanted]

    @action(description=_("Retire"), permissions=["change"], url_path="retire", icon="block")
    def retire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._offer(request, object_id, plans.retire, _t("%(plan)s is retired."))

    @action(
        description=_("Offer again"), permissions=["change"], url_path="offer-again", icon="undo"
    )
    def offer_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._offer(request, object_id, plans.offer_again, _t("%(plan)s is offered again."))

    def _offer(
        self, request: HttpRequest, object_id: str, verb: Callable[..., Plan], done: str
    ) -> HttpResponse:
        """Ask whether it is meant; after a POST, do it."""
        plan = self.get_object(request, unquote(str(object_id)))
        if plan is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_change_permission(request, plan):
            raise PermissionDenied
        back = reverse("admin:tenants_plan_change", args=[plan.pk])
        retires = verb is plans.retire
        try:
            if retires is plan.is_retired:
                raise PlanRetired(plan=plan) if retires else PlanIsOffered(plan=plan)
            if request.method == "POST":
                verb(plan, acting_user=request.user)
                messages.success(request, done % {"plan": plan})
                return HttpResponseRedirect(back)
        except Plan.DoesNotExist:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        except TenantError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        return self.page(
            request,
            "tenants/plan_question.html",
            {
                "title": _t("Retire") if retires else _t("Offer again"),
                "plan": plan,
                "original": plan,
                "retires": retires,
                "clients": plan.client_count,
                "back": back,
            },
        )

    # --- Deleting -----------------------------------------------------------------------------

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        plan = self.get_object(request, unquote(object_id))
        if plan is None or not self.has_delete_permission(request, plan):
            return super().delete_view(request, object_id, extra_context)
        if not plan.client_count:
            try:
                return super().delete_view(request, object_id, extra_context)
            except (ProtectedError, IntegrityError):
                pass  # Somebody has given it to a client since.
        count = plan.clients.count()
        messages.error(
            request,
            format_html(
                ngettext(
                    "{} is the plan of {} and cannot be deleted. Give that client another one "
                    "first, or retire the plan.",
                    "{} is the plan of {} and cannot be deleted. Give those clients another one "
                    "first, or retire the plan.",
                    count,
                ),
                plan,
                _clients_link(plan, ngettext("%d client", "%d clients", count) % count),
            ),
        )
        return HttpResponseRedirect(reverse("admin:tenants_plan_change", args=[plan.pk]))


def _clients_link(plan: Plan, text: Any) -> SafeString:
    clients = reverse("admin:tenants_client_changelist")
    # The list leaves out archived clients where nothing is said of the status.
    query = urlencode({"plan__id__exact": plan.pk, StatusFilter.parameter_name: EVERYTHING})
    return link(f"{clients}?{query}", text)
