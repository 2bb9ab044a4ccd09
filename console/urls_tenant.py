"""Addresses on a tenant's host."""

from django.urls import path

from console.accounts.views import ForgottenSentView, ForgottenView, WelcomeView
from console.sites import tenant_site
from tenants.branding.views import own_logo

urlpatterns = [
    path("welcome/<uidb64>/<token>/", WelcomeView.as_view(site=tenant_site), name="welcome"),
    path("forgotten/", ForgottenView.as_view(site=tenant_site), name="forgotten"),
    path("forgotten/sent/", ForgottenSentView.as_view(site=tenant_site), name="forgotten_sent"),
    path("branding/logo/<str:name>", own_logo, name="logo"),
    path("", tenant_site.urls),
]
handler400 = "console.error_pages.bad_request"
