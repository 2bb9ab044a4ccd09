"""Addresses on the console's own host."""

from django.urls import path

from console.accounts.views import ForgottenSentView, ForgottenView, WelcomeView
from console.sites import public_site

urlpatterns = [
    path("welcome/<uidb64>/<token>/", WelcomeView.as_view(site=public_site), name="welcome"),
    path("forgotten/", ForgottenView.as_view(site=public_site), name="forgotten"),
    path("forgotten/sent/", ForgottenSentView.as_view(site=public_site), name="forgotten_sent"),
    path("", public_site.urls),
]
handler400 = "console.error_pages.bad_request"
