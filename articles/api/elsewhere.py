"""Addresses below /api/ that are none: for the end of a project's list, after the other apps that have some there."""

from __future__ import annotations

from django.urls import path, re_path

from articles.api.door import door
from articles.api.problems import no_such_address

urlpatterns = [re_path("^api/", door(no_such_address)), path("api", no_such_address)]
