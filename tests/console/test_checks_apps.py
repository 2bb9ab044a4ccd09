"""System checks of the lists of apps, of the models and of the admin sites."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from console.data_folder import CHECKOUT
from tenants.models import Client
from tests.console.checking import numbers, said


class TestLists:
    @pytest.mark.parametrize("name", ["no.such.app", "tenant_data.apps.TenantDataConfig"])
    def test_name_installed_apps_by_their_names(self, settings: Any, name: str) -> None:
        settings.TENANT_APPS = [*settings.TENANT_APPS, name]
        assert numbers() == {"console.E001"}
        assert f"TENANT_APPS has “{name}”" in said("console.E001")

    def test_have_every_app_with_tables(self, settings: Any) -> None:
        settings.SHARED_APPS = [name for name in settings.SHARED_APPS if name != "auditlog"]
        settings.TENANT_APPS = [name for name in settings.TENANT_APPS if name != "tenant_data"]
        assert "“tenant_data” is in neither list" in said("console.E002")
        assert "auditlog" not in said("console.E002"), "ours replaces its table: it has none"

    @pytest.mark.parametrize("setting", ["SHARED_APPS", "TENANT_APPS"])
    @pytest.mark.parametrize(
        "app",
        [
            "console.accounts",
            "console.history",
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
        ],
    )
    def test_both_have_users_and_sessions(self, settings: Any, setting: str, app: str) -> None:
        setattr(settings, setting, [name for name in getattr(settings, setting) if name != app])
        assert f"“{app}” is not in {setting}" in said("console.E003")

    @pytest.mark.parametrize("app", ["tenants", "procrastinate.contrib.django"])
    def test_keep_the_platform_out_of_the_companies_schemas(self, settings: Any, app: str) -> None:
        settings.TENANT_APPS = [*settings.TENANT_APPS, app]
        assert f"“{app}” belongs to the platform" in said("console.E004")

    @pytest.mark.parametrize("app", ["tenant_data", "console.company"])
    def test_keep_the_companies_tables_out_of_public(self, settings: Any, app: str) -> None:
        settings.SHARED_APPS = [*settings.SHARED_APPS, app]
        assert numbers() == {"console.E005"}
        settings.TENANT_APPS = [name for name in settings.TENANT_APPS if name != app]
        assert f"“{app}” belongs to the companies" in said("console.E005")
        assert "console.E015" in numbers(), "its pages are the companies'"


class TestSettingsOfDjangoTenants:
    def test_the_schema_of_the_platform_is_public(self, settings: Any) -> None:
        settings.PUBLIC_SCHEMA_NAME = "public"
        assert numbers() == set()
        settings.PUBLIC_SCHEMA_NAME = "shared"
        assert "“shared”" in said("console.E007")

    def test_every_schema_has_the_same_tables(self, settings: Any) -> None:
        settings.HAS_MULTI_TYPE_TENANTS = True
        settings.TENANT_TYPES = {"public": {"APPS": settings.SHARED_APPS}}
        assert "HAS_MULTI_TYPE_TENANTS" in said("console.E007")

    @pytest.mark.parametrize("setting", ["PG_EXTRA_SEARCH_PATHS", "SHOW_PUBLIC_IF_NO_TENANT_FOUND"])
    def test_what_has_no_effect_is_said_to_have_none(self, settings: Any, setting: str) -> None:
        setattr(settings, setting, ["extensions"])
        assert numbers() == {"console.W008"}
        assert f"{setting} has no effect" in said("console.W008")


class TestWhatSettingsLeadTo:
    def test_a_path_that_leads_nowhere(self, settings: Any) -> None:
        settings.TENANT_USE = "tenant_data.use.unsued"
        assert numbers() == {"console.E009"}
        assert "TENANT_USE has “tenant_data.use.unsued”" in said("console.E009")

    def test_a_project_may_do_without(self, settings: Any) -> None:
        settings.DEMO_WORK = None
        del settings.DEMO_RESOURCES
        assert numbers() == set()

    def test_one_of_many(self, settings: Any) -> None:
        settings.TENANT_RESOURCES = (*settings.TENANT_RESOURCES, "no.such.Resource")
        settings.DEMO_RESOURCES = {"plans": "no.such.PlanResource"}
        assert "TENANT_RESOURCES has “no.such.Resource”" in said("console.E009")
        assert "DEMO_RESOURCES has “no.such.PlanResource”" in said("console.E009")


@pytest.mark.parametrize("attribute", ["auto_create_schema", "auto_drop_schema"])
def test_no_schema_is_made_by_saving_a_row(monkeypatch: Any, attribute: str) -> None:
    monkeypatch.setattr(Client, attribute, True)
    assert numbers() == {"console.E011"}
    assert f"{attribute} is set" in said("console.E011")


# --- A project with an app of its own on each side, and many mistakes in them ---------------------

SETTINGS = """
from pathlib import Path
from console.settings import *
BASE_DIR = Path(__file__).parent
SHARED_APPS = [*SHARED_APPS, "at_platform"]
TENANT_APPS = [*TENANT_APPS, "at_companies"]
INSTALLED_APPS = [*INSTALLED_APPS, "at_platform", "at_companies", "homeless"]
"""
OTHER_ORDER = """
from console.settings import *
first = ["django.contrib.admin", "django_tenants"]
INSTALLED_APPS = [*first, *(name for name in INSTALLED_APPS if name not in first)]
"""
AT_COMPANIES = """
from django.core.files.storage import FileSystemStorage
from django.db import models

class Letter(models.Model):
    client = models.ForeignKey("tenants.Client", models.CASCADE)
    plans = models.ManyToManyField("tenants.Plan")
    task = models.ForeignKey("tenant_data.Task", models.CASCADE)
    scan = models.FileField(storage=FileSystemStorage("/letters"))
    picture = models.FileField()
"""
AT_PLATFORM = """
from django.conf import settings
from django.db import models

class Invoice(models.Model):
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    project = models.ForeignKey("tenant_data.Project", models.CASCADE)
    client = models.ForeignKey("tenants.Client", models.PROTECT)
    scan = models.FileField()

class Reminder(models.Model):
    pass
"""
ADMIN = """
from django.contrib import admin
from console.sites import tenant_site
from at_platform.models import Invoice, Reminder
admin.register(Invoice, site=tenant_site)(admin.ModelAdmin)
admin.register(Reminder)(admin.ModelAdmin)
"""
HOMELESS = """
from django.db import models

class Stray(models.Model):
    pass
"""


def check(folder: Path, files: dict[str, str]) -> str:
    """What ``manage.py check`` says of a project whose ``mistaken_settings`` is in the folder."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(content)
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "mistaken_settings",
            "PYTHONPATH": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    return done.stderr


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    files = {
        "mistaken_settings.py": SETTINGS,
        "at_companies/models.py": AT_COMPANIES,
        "at_platform/models.py": AT_PLATFORM,
        "at_platform/admin.py": ADMIN,
        "homeless/models.py": HOMELESS,
    }
    return check(tmp_path_factory.mktemp("project"), files)


@pytest.mark.processes
class TestAProjectOfOnesOwn:
    @pytest.mark.parametrize(
        "line",
        [
            "?: (console.E002) The app “homeless” is in neither list",
            "at_companies.Letter.client: (console.E012) A company's row leads to “tenants.Client”",
            "at_companies.Letter_plans.plan: (console.E012)",
            "at_platform.Invoice.project: (console.E013)",
            "at_platform.Invoice.by: (console.E014) Deleting a company's “accounts.User”",
            "at_platform.Invoice: (console.E015) It has a page on the companies' side",
            "at_platform.Reminder: (console.W016) It has a page on Django's own admin site",
            "at_companies.Letter.scan: (console.E206)",
            "at_platform.Invoice.scan: (console.E207)",
        ],
    )
    def test_is_told_of_each_mistake(self, output: str, line: str) -> None:
        assert line in output

    @pytest.mark.parametrize(
        "right",
        [
            "Letter.task",
            "Letter.picture",
            "Invoice.seen_by",
            "Invoice.client",
            "auth.Group",
        ],
    )
    def test_is_not_told_of_what_is_right(self, output: str, right: str) -> None:
        assert f"{right}:" not in output


@pytest.mark.processes
def test_who_replaces_commands_or_templates_stands_first(tmp_path: Path) -> None:
    output = check(tmp_path, {"mistaken_settings.py": OTHER_ORDER})
    assert "(console.E006) “django_tenants” stands before “tenants”" in output
    assert "(console.E006) “django_tenants” stands before “unfold”" in output
    assert "(console.E006) “django.contrib.admin” stands before “unfold”" in output
    assert "identified 3 issues" in output
