"""Prompt templates: the list, one with its live preview, its versions, putting it away, trying it out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from articles.access import may_change_prompt
from articles.diffs import folded, word_counts, word_diff
from articles.enums import GenerationKind
from articles.exceptions import ArticleError, StaleVersionError
from articles.generation.jobs import job_start
from articles.generation.variables import VARIABLES
from articles.models import PromptTemplate, PromptVersion
from articles.selectors import prompts as selectors
from articles.services import prompts as services
from articles.studio.entry import studio_view
from articles.studio.prompt_forms import PromptForm, initial_of, preview_of, sample_parameters

_MAX_ID_DIGITS = 18


@require_safe
@studio_view
def prompts(request: HttpRequest) -> HttpResponse:
    """The templates in use; ``?away=1`` shows those that were put away."""
    is_away = request.GET.get("away") == "1"
    context = {"templates": selectors.prompt_list(is_archived=is_away), "is_away": is_away}
    return render(request, "studio/prompts.html", {**context, "lacks_starters": bool(services.starters_missing())})


@require_http_methods(["GET", "HEAD", "POST"])
@studio_view
def prompt(request: HttpRequest, template_id: int | None = None) -> HttpResponse:
    """A template, or a new one: what it says, and how that reads with sample values."""
    template = _template(template_id) if template_id else None
    may_change = template is None or may_change_prompt(request.user, template)
    newest = template.versions.latest("number") if template else None
    form = PromptForm(request.POST or None, initial=initial_of(template, newest))
    if request.method == "POST" and may_change and form.is_valid():
        saved = _save(request, template, form)
        if saved is not None:
            return redirect("studio:prompt", saved.pk)
    context = {
        "template": template, "newest": newest, "form": form, "may_change": may_change, "variables": VARIABLES,
        "preview": preview_of(form.wording()),
    }  # fmt: skip
    return render(request, "studio/prompt.html", context, status=422 if form.errors else 200)


@require_POST
@studio_view
def prompt_preview(request: HttpRequest) -> JsonResponse:
    """Show how a wording reads with sample values, or what is wrong with it; nothing is stored."""
    preview = preview_of(PromptForm(request.POST).wording())
    html = render_to_string("studio/parts/prompt_preview.html", {"preview": preview}, request)
    return JsonResponse({"html": html, "is_good": not preview.errors})


@require_POST
@studio_view
def prompt_archive(request: HttpRequest, template_id: int) -> HttpResponse:
    """Put a template away, or bring it back."""
    is_archived = request.POST.get("archive") == "1"
    account: Any = request.user
    try:
        template = services.prompt_archive(
            template_id=_template(template_id).pk, is_archived=is_archived, actor=account
        )  # fmt: skip
    except ArticleError:
        messages.error(request, _("Only who made a template and editors may change it. Nothing was changed."))
        return redirect("studio:prompt", template_id)
    said = _("“%(name)s” was put away. Texts it wrote keep their version.") if is_archived else _("“%(name)s” is back.")
    messages.success(request, said % {"name": template.name})
    return redirect("studio:prompts")


@require_POST
@studio_view
def prompt_starters(request: HttpRequest) -> HttpResponse:
    """Add the templates that a new site starts with."""
    account: Any = request.user
    number = services.starters_add(actor=account)
    messages.success(request, _("%(number)d templates were added.") % {"number": number})
    return redirect("studio:prompts")


@require_POST
@studio_view
def prompt_test(request: HttpRequest, template_id: int) -> HttpResponse:
    """Have a model run the newest version with the sample values."""
    version = _template(template_id).versions.latest("number")
    account: Any = request.user
    try:
        job = job_start(
            kind=GenerationKind.TEST, owner=account, prompt_version=version, language="en",
            parameters=sample_parameters(version),
        )  # fmt: skip
    except (ArticleError, ValidationError) as error:
        messages.error(request, str(error))
        return redirect("studio:prompt", template_id)
    return redirect("studio:generation", job.pk)


@require_safe
@studio_view
def prompt_versions(request: HttpRequest, template_id: int) -> HttpResponse:
    """The versions with how each was rated, and what changed ``?from=`` one number ``&to=`` another."""
    template = _template(template_id)
    rows = selectors.version_list(template_id=template.pk)
    after = _version(rows, request.GET.get("to", ""), rows[0].version)
    before = _version(rows, request.GET.get("from", ""), _earlier(rows, after))
    blocks = word_diff(_whole(before), _whole(after))
    removed, added = word_counts(blocks)
    context = {
        "template": template, "rows": rows, "before": before, "after": after, "blocks": list(folded(blocks)),
        "words_removed": removed, "words_added": added,
    }  # fmt: skip
    return render(request, "studio/prompt_versions.html", context)


def _save(request: HttpRequest, template: PromptTemplate | None, form: PromptForm) -> PromptTemplate | None:
    """Store what was written; None with the reasons in the form."""
    account: Any = request.user
    data = form.cleaned_data
    given: dict[str, Any] = {"name": data["name"], "description": data["description"], "wording": form.wording()}
    try:
        if template is None:
            made = services.prompt_create(kind=data["kind"], actor=account, **given)
            messages.success(request, _("“%(name)s” is stored as version 1.") % {"name": made.name})
            return made
        version = services.prompt_change(template_id=template.pk, number=data["number"] or 0, actor=account, **given)
    except StaleVersionError as error:
        said = _("Somebody stored version %(number)d since. Copy your text, load the page again, and put it in.")
        form.add_error(None, said % {"number": error.current})
        return None
    except ValidationError as error:
        form.take(error)
        return None
    messages.success(request, _("Stored. The newest version is %(number)d.") % {"number": version.number})
    return version.template


def _template(template_id: int) -> PromptTemplate:
    try:
        if len(str(template_id)) > _MAX_ID_DIGITS:
            raise PromptTemplate.DoesNotExist
        return PromptTemplate.objects.get(pk=template_id)
    except PromptTemplate.DoesNotExist:
        raise Http404(_("There is no such template.")) from None


def _version(rows: list[selectors.VersionRow], number: str, default: PromptVersion) -> PromptVersion:
    return next((row.version for row in rows if str(row.version.number) == number), default)


def _earlier(rows: list[selectors.VersionRow], after: PromptVersion) -> PromptVersion:
    return next((row.version for row in rows if row.version.number < after.number), after)


def _whole(version: PromptVersion) -> str:
    """Return all that a version says as one text."""
    declared = "\n".join(f"{name} = {value}" for name, value in version.variables.items())
    return "\n\n".join(part for part in (version.system, version.text, declared) if part)
