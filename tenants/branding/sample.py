"""How a colour looks on a client's own pages, for those who choose it."""

from __future__ import annotations

import re

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from console.palette import READABLE, contrast, scale
from console.sites import monogram
from tenants.models import Client

_COLOUR = re.compile(r"#[0-9a-f]{6}")


def shades(colour: str) -> dict[str, str]:
    """The shades that the sample needs, and a note on how the colour is used; an empty dictionary
    for what is no colour."""
    if not _COLOUR.fullmatch(colour):
        return {}
    steps = scale(colour)
    return {"button": steps["600"], "link_light": steps["600"], "link_dark": steps["500"]} | {
        "note": _note(colour, steps["600"])
    }


def _note(colour: str, button: str) -> str:
    if contrast(colour, "#ffffff") < READABLE:
        text = _("White letters are hard to read on this colour. Buttons get a darker shade: %s.")
        return text % button
    if contrast(colour, button) > 1.1:
        text = _("This colour would vanish on a dark page. Buttons get a lighter shade: %s.")
        return text % button
    return ""


def render_sample(client: Client) -> str:
    """The sample of the client's pages as they are, which the page's script keeps up to date."""
    return draw_sample(
        client,
        host=getattr(client, "primary_domain", None) or "",
        shades_url=reverse("admin:tenants_client_shades"),
        logo_url=staff_logo_url(client),
        labels={"light": _("The client's pages, light"), "dark": _("The client's pages, dark")},
    )


def draw_sample(
    client: Client, *, host: str, shades_url: str, logo_url: str, labels: dict[str, str]
) -> str:
    """The sample for either side; ``labels`` say what the picture of each theme shows."""
    default = Client._meta.get_field("colour").get_default()
    return render_to_string(
        "tenants/branding_sample.html",
        {
            "client": client,
            "monogram": monogram(client.name),
            "host": host,
            "shades": shades(client.colour) or shades(default),
            "shades_url": shades_url,
            "logo_url": logo_url,
            "themes": (
                ("light", _("Light"), labels["light"]),
                ("dark", _("Dark"), labels["dark"]),
            ),
        },
    )


def staff_logo_url(client: Client) -> str:
    """The address of the logo on the staff's side; empty where none is stored."""
    # A file that came with a form that was not saved is in no storage.
    if client.pk is None or not client.logo or not getattr(client.logo, "_committed", False):
        return ""
    return reverse("admin:tenants_client_logo", args=[client.pk, client.logo.name])
