"""``WatchersScenario``: people who watch the dashboard live, in any project that serves perfmon's websocket."""

from __future__ import annotations

import secrets
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import DatabaseError, models, transaction
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from perfmon.access import VIEW_PERMISSION
from perfmon.exceptions import ScenarioError
from perfmon.loadtest.plans import Action, Session
from perfmon.loadtest.scenarios import Cast, Place
from perfmon.loadtest.sessions import login
from perfmon.loadtest.sockets import Watch, socket_actions

PATH = "/ws/perfmon/"
TOPIC = "overview/5m"
#: At 20 arrivals a second 190 are there at once. Slow ones stay three times as long, so one in 58 makes 5 % of these.
ORDINARY, ORDINARY_WEIGHT = Watch(TOPIC, last_s=9), 57
SLOW, SLOW_WEIGHT = Watch(TOPIC, last_s=27, read_every_s=5), 1


class WatchersScenario:
    """One account is watched with by all: 95 of 100 as pages do, 5 so slowly that the server skips frames for them."""

    def __init__(self) -> None:
        self._session_key = ""

    def prepare(self, place: Place) -> Cast:
        """Make an account that may see the dashboard and log it in; raises ScenarioError."""
        self.remove(place.run)  # what an attempt that was broken off has left
        session = self._login(place)
        place.say(_("An account that may see the dashboard is logged in."))
        return Cast(watching(), (session,))

    def remove(self, run: int) -> None:
        """Remove the run's account and, if this made it, its session."""
        if self._session_key:
            import_module(settings.SESSION_ENGINE).SessionStore(self._session_key).delete()
            self._session_key = ""
        _accounts(run).delete()

    def _login(self, place: Place) -> Session:
        password = secrets.token_urlsafe(32)
        try:
            name = _account_make(place.run, password)
            path, check_path = resolve_url(settings.LOGIN_URL), reverse("perfmon:dashboard")
        except (DatabaseError, TypeError, NoReverseMatch, Permission.DoesNotExist) as error:
            raise ScenarioError(
                _(
                    "An account that may see the dashboard can't be made and logged in here (%(error)s). Write a "
                    "scenario of your own with the actions of perfmon.loadtest.watchers.watching()."
                )
                % {"error": error}
            ) from error
        session = login(place.host, path, name, password, check_path)
        cookies = dict(part.split("=", 1) for part in session.headers["Cookie"].split("; "))
        self._session_key = cookies[settings.SESSION_COOKIE_NAME]
        return session


def watching() -> tuple[Action, ...]:
    """Return the actions of those who watch: connects and frames of ordinary ones and of slow ones."""
    ordinary = socket_actions(PATH, ORDINARY, weight=ORDINARY_WEIGHT)
    return *ordinary, *socket_actions(PATH, SLOW, who="slow", weight=SLOW_WEIGHT)


def _name(run: int) -> str:
    model = get_user_model()
    is_email = isinstance(model._meta.get_field(model.USERNAME_FIELD), models.EmailField)  # noqa: SLF001
    return f"load-{run}-watcher" + ("@example.invalid" if is_email else "")


def _accounts(run: int) -> Any:
    model = get_user_model()
    return model._default_manager.filter(**{model.USERNAME_FIELD: _name(run)})  # noqa: SLF001


@transaction.atomic
def _account_make(run: int, password: str) -> str:
    model: Any = get_user_model()
    account = model(**{model.USERNAME_FIELD: _name(run)})
    account.set_password(password)
    account.save()
    app_label, _dot, codename = VIEW_PERMISSION.partition(".")
    account.user_permissions.add(Permission.objects.get(content_type__app_label=app_label, codename=codename))
    return str(account.get_username())
