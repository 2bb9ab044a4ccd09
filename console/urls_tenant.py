"""Addresses on a tenant's host."""

from django.urls import path

from console.accounts.views import WelcomeView
from console.sites import tenant_site

urlpatterns = [
    path("welcome/<uidb64>/<token>/", WelcomeView.as_view(site=tenant_site), name="welcome"),
    path("", tenant_site.urls),
]
