"""In and out of the studio."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView


class StudioLogin(LoginView):
    """Asks for name and password; after too many wrong ones django-axes answers instead, with ``locked.html``."""

    template_name = "studio/login.html"
    redirect_authenticated_user = True


class StudioLogout(LogoutView):
    """Ends the session by POST and shows the login again."""

    next_page = "studio:login"
