"""The pages of load tests and their buttons; looking is for viewers, the rest for those who may run load tests."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from perfmon.access import LOADTEST_PERMISSION, may_loadtest
from perfmon.exceptions import LoadTestError
from perfmon.loadtest.choices import comparable, profile_choices
from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.profiles import Profile
from perfmon.loadtest.runs import run_json, run_name_baseline, run_queue, run_remove, run_stop
from perfmon.loadtest.startform import LoadTestForm
from perfmon.pages import BadQueryError, bad_query, page_of
from perfmon.panels.keys import is_number
from perfmon.permissions import testers_only, viewers_only

PART = "loadtests"  # of the navigation


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@viewers_only
def loadtests(request: HttpRequest) -> HttpResponse:
    """The runs there are, and the form that starts one; a POST starts it."""
    return _start(request) if request.method == "POST" else _list(request, LoadTestForm())


@require_safe
@never_cache
@viewers_only
def loadtest(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: verdict, course, actions."""
    return _detail(request, run_id)


@require_safe
@never_cache
@viewers_only
def comparison(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run beside another, which ``?with=`` names."""
    other = request.GET.get("with", "")
    if not is_number(other):
        return bad_query(request, BadQueryError("with", wanted=_("It must be the number of a load test.")))
    for number in (run_id, int(other)):
        get_object_or_404(LoadRun.objects.only("pk"), pk=number)
    return page_of(request, "comparison", PART, key=f"{run_id}/{other}")


@testers_only
def _start(request: HttpRequest) -> HttpResponse:
    form = LoadTestForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=400)
    try:
        run = run_queue(profile=form.wanted, host=form.cleaned_data["host"], user=request.user)  # type: ignore[arg-type]
    except LoadTestError as error:
        form.add_error(None, str(error))
        return _list(request, form, status=400)
    return redirect("perfmon:loadtest", run.pk)


@require_POST
@testers_only
def stop(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask a run to stop; one that is over is no error."""
    run_stop(run_id=run_id)
    return redirect("perfmon:loadtest", run_id)


@require_POST
@testers_only
def remove(request: HttpRequest, run_id: int) -> HttpResponse:
    """Delete a run that is over; one that is gone is no error."""
    try:
        run_remove(run_id=run_id)
    except LoadTestError as error:
        return _detail(request, run_id, error=str(error), status=400)
    return redirect("perfmon:loadtests")


@require_POST
@testers_only
def name_baseline(request: HttpRequest, run_id: int) -> HttpResponse:
    """Give a run the name that others are compared with, or take it away."""
    get_object_or_404(LoadRun.objects.only("pk"), pk=run_id)
    try:
        run_name_baseline(run_id=run_id, name=request.POST.get("name", ""))
    except LoadTestError as error:
        return _detail(request, run_id, error=str(error), status=400)
    return redirect("perfmon:loadtest", run_id)


@require_POST
@testers_only
def again(request: HttpRequest, run_id: int) -> HttpResponse:
    """Queue a run with the same settings."""
    run = get_object_or_404(LoadRun.objects.defer("series", "rounds"), pk=run_id)
    try:
        new = run_queue(
            profile=Profile.from_json(run.profile),
            host=run.host,
            user=request.user,  # type: ignore[arg-type]
            scenario=run.scenario,
        )
    except LoadTestError as error:
        return _detail(request, run_id, error=str(error), status=400)
    return redirect("perfmon:loadtest", new.pk)


@require_safe
@never_cache
@viewers_only
def report(request: HttpRequest, run_id: int) -> HttpResponse:
    """The offline report, as a file."""
    from perfmon.loadtest.report import report_html

    run = get_object_or_404(LoadRun, pk=run_id)
    return _file(report_html(run), f"loadtest-{run.pk}.html", "text/html; charset=utf-8")


@require_safe
@never_cache
@viewers_only
def document(request: HttpRequest, run_id: int) -> HttpResponse:
    """All there is of a run, as JSON in a file."""
    run = get_object_or_404(LoadRun, pk=run_id)
    return _file(json.dumps(run_json(run), indent=1), f"loadtest-{run.pk}.json", "application/json")


def _file(content: str, name: str, content_type: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _list(request: HttpRequest, form: LoadTestForm, status: int = 200) -> HttpResponse:
    more = {"form": form, "profiles": profile_choices(form), **_rights(request)}
    return page_of(request, "loadtests", PART, status=status, **more)


def _detail(request: HttpRequest, run_id: int, *, error: str = "", status: int = 200) -> HttpResponse:
    run = get_object_or_404(LoadRun.objects.only("pk", "profile_name", "host"), pk=run_id)
    more = {"run": run, "error": error, "others": comparable(run), **_rights(request)}
    return page_of(request, "loadtest", PART, key=str(run_id), status=status, **more)


def _rights(request: HttpRequest) -> dict[str, Any]:
    return {"may_run": may_loadtest(request.user), "permission": LOADTEST_PERMISSION}
