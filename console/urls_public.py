"""Addresses on the console's own host."""

from django.urls import path

from console.sites import public_site

urlpatterns = [path("", public_site.urls)]
