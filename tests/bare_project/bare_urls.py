"""One page and perfmon's."""

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def hello(request: HttpRequest, name: str) -> HttpResponse:
    """Greet."""
    return HttpResponse(f"Hello {name}")


urlpatterns = [
    path("hello/<str:name>/", hello),
    path("login/", LoginView.as_view(template_name="login.html")),
    path("", include("perfmon.urls")),
]
