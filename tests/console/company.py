"""What the tests of the company's own pages share."""

from __future__ import annotations

import io
from typing import Any

from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tenants.utils import schema_context
from PIL import Image

from console.accounts.models import User
from tenants.models import Client, Feature
from tests.page_forms import main_form

SETTINGS = "/company/settings/"
EXPORT = "/company/dataexport/"


def with_rights(client: Client, *codenames: str, email: str = "cora@alpha.example") -> User:
    """Somebody in the client's schema with these rights of `company`, and no others."""
    with schema_context(client.schema_name):
        user = User.objects.create_user(email, is_staff=True)
        rights = Permission.objects.filter(content_type__app_label="company")
        user.user_permissions.set(rights.filter(codename__in=codenames))
    return user


def give(client: Client, *features: Feature) -> None:
    """The client's plan has these features, and no others."""
    client.plan.features = [feature.value for feature in features]
    client.plan.save()


def opened(browser: Any, path: str = SETTINGS) -> dict[str, Any]:
    """What the page would send if nobody touched it."""
    fields = main_form(text_of(browser.get(path))).fields
    return {name: values[-1] for name, values in fields.items()}


def save(page: Any, **fields: Any) -> Any:
    """The settings' page as it is, sent with other values in some fields."""
    return page.post(SETTINGS, {**opened(page), **fields})


def text_of(response: Any) -> str:
    return response.content.decode()


def picture(name: str = "My Logo.png", size: tuple[int, int] = (600, 300)) -> SimpleUploadedFile:
    stored = io.BytesIO()
    Image.new("RGB", size, "#dc2626").save(stored, format="PNG")
    return SimpleUploadedFile(name, stored.getvalue(), "image/png")
