"""The project's addresses: each app brings its own."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import include, path


def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """Show pages without an icon of their own, such as the admin's, the project's."""
    return HttpResponseRedirect(static("omniwriter/icon.svg"))


handler400 = "articles.site.refused.refused"
handler500 = "omniwriter.outage.failure_page"
urlpatterns = [
    path("favicon.ico", favicon),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("articles.urls")),  # before the others: Django tries them in turn, and these are asked for most
    path("", include("perfmon.urls")),
    path("", include("articles.api.elsewhere")),
]
