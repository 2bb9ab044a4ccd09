"""What a company that has just arrived does next."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from console.dashboard.steps import Step, link_if
from console.limits import has_feature
from tenant_data import stats

#: A company with so many tasks has found its way, whatever it has left out.
SETTLED = 20


def next_steps(request: HttpRequest, tasks: int) -> list[Step]:
    """What to do, with what is done already; nothing where the company has settled in, or where
    all that is left is for others to do. ``tasks`` is how many there are, up to ``SETTLED``."""
    if tasks >= SETTLED:
        return []
    steps = [*_work(request, tasks), *_company(request)]
    if tasks and not any(step.links for step in steps if not step.done):
        return []
    return steps


def _work(request: HttpRequest, tasks: int) -> list[Step]:
    may = request.user.has_perm
    return [
        Step(
            _("Add a project"),
            _("Its key begins the reference of every task in it, as WEB in WEB-12."),
            tasks > 0 or stats.has_projects(),
            link_if(
                may("tenant_data.add_project"), "admin:tenant_data_project_add", _("Add a project")
            ),
        ),
        Step(
            _("Fill it with tasks"),
            _(
                "One by one, or from a CSV or Excel file. References such as WEB-12 in the file "
                "make the projects that are missing."
            ),
            tasks > 0,
            link_if(may("tenant_data.add_task"), "admin:tenant_data_task_add", _("Add a task"))
            + link_if(
                may("tenant_data.import_task"), "admin:tenant_data_task_import", _("Import a file")
            ),
        ),
        Step(
            _("Bring in your people"),
            _("Everybody gets an account of their own, and the rights that you give them."),
            stats.has_other_users(request.user),
            link_if(may("accounts.add_user"), "admin:accounts_user_add", _("Add a user")),
        ),
    ]


def _company(request: HttpRequest) -> list[Step]:
    """What can wait; only those steps that the user may take here."""
    may = request.user.has_perm
    settings = link_if(
        may("company.change_settings"), "admin:company_settings_changelist", _("Open the settings")
    )
    customers = link_if(
        may("tenant_data.add_customer") and has_feature("customers"),
        "admin:tenant_data_customer_add",
        _("Add a customer"),
    )
    steps = [
        Step(
            _("Make it yours"),
            _("Your name and logo, your language and your time zone."),
            bool(request.tenant.logo),
            settings,
        ),
        Step(
            _("Add whom you work for"),
            _("A project can be for a customer, so that you see what you do for each of them."),
            bool(customers) and stats.has_customers(),
            customers,
        ),
    ]
    return [step for step in steps if step.links]
