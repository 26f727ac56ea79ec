"""perfmon's addresses and nothing else."""

from django.urls import include, path

urlpatterns = [path("", include("perfmon.urls"))]
