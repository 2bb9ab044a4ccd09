"""What the tests of the clients' pages share."""

from __future__ import annotations

from typing import Any

from tenants.models import Client, Plan

LIST = "/tenants/client/"


def change(client: Client) -> str:
    return f"/tenants/client/{client.pk}/change/"


def page(client: Client, path: str) -> str:
    """The address of a page about the client, as ``page(client, "suspend")``."""
    return f"/tenants/client/{client.pk}/{path}/"


def form(*domains: tuple[Any, ...], client: Client | None = None, **fields: Any) -> dict[str, Any]:
    """What a browser posts: the client's fields, and ``(domain, primary, delete, id)`` each."""
    data: dict[str, Any] = {
        "name": "Delta Works",
        "schema_name": "delta",
        "plan": Plan.objects.get_or_create(code="team", defaults={"name": "Team"})[0].pk,
        "admin_name": "Dora",
        "admin_email": "Dora@Delta.example",
        "colour": "#A1B2C3",
        "time_zone": "Europe/Berlin",
        "language": "en",
        "week_starts_on": "language",
        "domains-TOTAL_FORMS": len(domains),
        "domains-INITIAL_FORMS": len([row for row in domains if len(row) > 3]),
        "domains-MIN_NUM_FORMS": 0,
        "domains-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(domains):
        domain, primary, delete, pk = (*row, *(False, "")[len(row) - 2 :])[:4]
        data |= {f"domains-{number}-domain": domain, f"domains-{number}-id": pk}
        data |= {f"domains-{number}-is_primary": "on"} if primary else {}
        data |= {f"domains-{number}-DELETE": "on"} if delete else {}
        if client:
            data[f"domains-{number}-tenant"] = client.pk
    return data | fields


def errors_of(response: Any) -> str:
    """Every message of the form and of the formset, in one text."""
    context = response.context
    formset = context["inline_admin_formsets"][0].formset
    return f"{context['adminform'].form.errors} {formset.errors} {formset.non_form_errors()}"


def names(browser: Any, **query: Any) -> list[str]:
    """The schema names of the clients in the list, in its order."""
    response = browser.get(LIST, query)
    assert response.status_code == 200
    return [client.schema_name for client in response.context["cl"].result_list]


def texts_of(browser: Any, **query: Any) -> str:
    return browser.get(LIST, query).content.decode()
