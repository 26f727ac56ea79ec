"""The pages that start a batch: what is wanted, then what would be made, what is left out, and what it costs."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from articles.enums import Language
from articles.generation.batch_selectors import categories_by_name
from articles.generation.batches import batch_start
from articles.generation.errors import BudgetError
from articles.generation.estimates import Estimate, estimate
from articles.generation.planning import Plan, plan_rows
from articles.generation.rows import MAX_BYTES, MAX_ROWS, RowsError, rows_of_file
from articles.models import GenerationBatch
from articles.portability.uploads import upload_drop, upload_keep, upload_name, upload_path
from articles.services.articles import may_create
from articles.studio import batch_words as words
from articles.studio.batch_forms import BatchForm, CommonForm
from articles.studio.entry import studio_view
from articles.studio.generate_models import bounds_words, budget_words, connecting, language_words, shown_models

_TOPICS = "topics.txt"
_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@studio_view
def batch_new(request: HttpRequest) -> HttpResponse:
    """Take topics or a file, keep them privately, and go on to what would be made of them."""
    account: Any = request.user
    if not may_create(account):
        return render(request, "studio/forbidden.html", status=403)
    if request.method != "POST":
        return _form(request, BatchForm(initial={"language": _language(request)}))
    form = BatchForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form, status=422)
    given = form.cleaned_data
    file: UploadedFile[Any] = given["file"] or SimpleUploadedFile(_TOPICS, given["topics"].encode())
    try:
        rows_of_file(file.read(), file.name or "", _variables(form))
    except RowsError as error:
        form.add_error("file" if given["file"] else "topics", str(error))
        return _form(request, form, status=422)
    file.seek(0)
    token = upload_keep(file=file, owner_id=account.pk)
    said = {name: value for name, value in form.said().items() if name in CommonForm.base_fields}
    return HttpResponseRedirect(f"{reverse('studio:batch_check', args=[token])}?{urlencode(said)}")


@require_http_methods(["GET", "HEAD", "POST"])
@studio_view
def batch_check(request: HttpRequest, token: str) -> HttpResponse:
    """What would be made, row by row; posting it starts the batch, and posting it twice starts one."""
    account: Any = request.user
    if request.method == "POST" and (there := _started(account, token)):
        return HttpResponseRedirect(reverse("studio:batch", args=[there.pk]))
    path = upload_path(owner_id=account.pk, token=token)
    if path is None or not may_create(account):
        raise Http404(_("The rows are not there any more. Give them again."))
    form = CommonForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return HttpResponseRedirect(reverse("studio:batch_new"))
    name = upload_name(path)
    try:
        rows = rows_of_file(path.read_bytes(), name, _variables(form))
    except RowsError as error:
        raise Http404(str(error)) from None
    plan = plan_rows(rows, form.common(), categories_by_name())
    context = _context(request, form, name, plan)
    if request.method == "POST" and plan.planned:
        try:
            batch = _start(account, token, name, plan, form)
        except BudgetError as error:
            context["refusal"] = budget_words(error)
            return render(request, "studio/batch_check.html", context, status=422)
        upload_drop(path)
        return HttpResponseRedirect(reverse("studio:batch", args=[batch.pk]))
    return render(request, "studio/batch_check.html", context)


def _start(account: Any, token: str, name: str, plan: Plan, form: CommonForm) -> GenerationBatch:
    common = form.common()
    title = plan.planned[0].title if name == _TOPICS else name
    return batch_start(
        owner=account, name=title, planned=plan.planned, refused=plan.refused, category_id=common.category_id,
        common={"tone": common.tone, "words": common.words, "language": common.language}, request_key=token,
        prompt_version=form.prompt_version(),
    )  # fmt: skip


def _variables(form: CommonForm) -> list[str]:
    version = form.prompt_version()
    return list(version.variables) if version else []


def _started(account: Any, token: str) -> GenerationBatch | None:
    return GenerationBatch.objects.filter(owner_id=account.pk, request_key=token).first()


def _context(request: HttpRequest, form: CommonForm, name: str, plan: Plan) -> dict[str, Any]:
    expected = estimate(plan.planned)
    models = shown_models()
    return {
        "form": form, "name": "" if name == _TOPICS else name, "plan": plan, "said": form.said(),
        "refused": plan.refused[:_SHOWN], "planned": plan.planned[:_SHOWN],
        "unshown_refused": max(0, len(plan.refused) - _SHOWN), "unshown": max(0, len(plan.planned) - _SHOWN),
        "estimate": expected, "cost": words.money(expected), "time": words.about(expected.time_s),
        "bounds": bounds_words(request.user), "has_models": bool(models),
        "unwritten": _unwritten(expected, models), **connecting(request.user),
    }  # fmt: skip


def _unwritten(expected: Estimate, models: list[Any]) -> list[str]:
    return [language_words(Language(code), models) for code in expected.unwritten] if models else []


def _form(request: HttpRequest, form: BatchForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "most_rows": MAX_ROWS, "most_bytes": MAX_BYTES, "bounds": bounds_words(request.user)}
    return render(request, "studio/batch_new.html", context, status=status)


def _language(request: HttpRequest) -> str:
    code = getattr(request, "LANGUAGE_CODE", "")
    return code if code in Language.values else Language.ENGLISH.value
