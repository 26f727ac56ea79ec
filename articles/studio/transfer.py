"""The pages that take articles out of the studio as files, and bring them back in."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from articles.access import ADD, PUBLISH
from articles.bulk.exporting import export_parameters
from articles.bulk.importing import import_parameters
from articles.bulk.jobs import job_start
from articles.bulk.selection import Selection
from articles.enums import BulkKind, Language, Status
from articles.models import Category
from articles.portability.archive import STUDIO
from articles.portability.exporting import Choice, Export
from articles.portability.importing import Import, Tally, check_name
from articles.portability.planning import Existing, Wishes
from articles.portability.source import FaultError
from articles.portability.uploads import export_name, upload_drop, upload_keep, upload_name, upload_path
from articles.services.importing import Fate
from articles.studio.entry import studio_view

#: So many are sent while they are read; more are a job's work.
DIRECT_ARTICLES = 200
MAX_TICKED = 1_000
_SHOWN = 200
_FORMATS = {"zip": BulkKind.EXPORT_ZIP, "csv": BulkKind.EXPORT_CSV}


class ExportForm(forms.Form):
    """Which articles, in which form."""

    whose = forms.ChoiceField(
        label=gettext_lazy("Articles"),
        choices=[("mine", gettext_lazy("Mine")), ("all", gettext_lazy("All that I may read"))],
        initial="mine",
        required=False,
    )
    ids = forms.RegexField(r"^\d{1,18}(,\d{1,18})*$", required=False, widget=forms.HiddenInput)
    status = forms.ChoiceField(label=gettext_lazy("Status"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    category = forms.ModelChoiceField(
        label=gettext_lazy("Category"),
        queryset=Category.objects.all(),
        required=False,
        empty_label=gettext_lazy("All"),
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[
            ("zip", gettext_lazy("Markdown files in a ZIP archive")),
            ("csv", gettext_lazy("Table for spreadsheets (CSV), without texts")),
        ],
        initial="zip",
        widget=forms.RadioSelect,
    )
    pending = forms.BooleanField(label=gettext_lazy("With changes that are not published yet"), required=False)
    images = forms.BooleanField(label=gettext_lazy("With image files (ZIP)"), required=False)
    bom = forms.BooleanField(label=gettext_lazy("With a byte order mark, which Excel asks for (CSV)"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [("", _("All"))]
        self.fields["status"].choices = [*every, *Status.choices]  # type: ignore[attr-defined]
        self.fields["language"].choices = [*every, *Language.choices]  # type: ignore[attr-defined]

    def selection(self, account_id: int) -> Selection:
        """Return what a valid form selects."""
        data = self.cleaned_data
        if data["ids"]:
            return Selection(ids=tuple(int(pk) for pk in data["ids"].split(",")[:MAX_TICKED]))
        filters = {name: [data[name]] for name in ("status", "language") if data[name]}
        if data["category"]:
            filters["category_id"] = [str(data["category"].pk)]
        if data["whose"] != "all":
            filters["author_id"] = [str(account_id)]
        return Selection(filters=filters)

    def choice(self) -> Choice:
        """Return how a valid form wants the files."""
        data = self.cleaned_data
        return Choice(pending=data["pending"], images=data["images"], bom=data["bom"])


class WishesForm(forms.Form):
    """How an import deals with what is there already."""

    existing = forms.ChoiceField(
        label=gettext_lazy("When an article has the same slug"),
        choices=[
            (Existing.SKIP.value, gettext_lazy("Skip it")),
            (Existing.UPDATE.value, gettext_lazy("Update it, as a new revision")),
            (Existing.COPY.value, gettext_lazy("Import a copy under a new slug")),
        ],
        initial=Existing.SKIP.value,
        widget=forms.RadioSelect,
    )
    publish = forms.BooleanField(label=gettext_lazy("Publish what the file says is published"), required=False)

    def __init__(self, *args: Any, may_publish: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_publish:
            del self.fields["publish"]

    def wishes(self) -> Wishes:
        """Return what a valid form says."""
        return Wishes(Existing(self.cleaned_data["existing"]), publish=self.cleaned_data.get("publish", False))


class UploadForm(WishesForm):
    """The file, and how it is dealt with."""

    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".zip,.md,.markdown,.csv"})
    )
    field_order = ("file", "existing", "publish")

    def clean_file(self) -> Any:
        """Refuse what is too large or of another kind before it is kept."""
        file = self.cleaned_data["file"]
        if file.size > STUDIO.upload_bytes:
            most = STUDIO.upload_bytes >> 20
            raise forms.ValidationError(_("The file has more than %(most)d MiB. Import it in parts.") % {"most": most})
        try:
            check_name(file.name)
        except FaultError as error:
            raise forms.ValidationError(error.faults[0].message) from None
        return file


@require_http_methods(["GET", "HEAD", "POST"])
@studio_view
def export_page(request: HttpRequest) -> HttpResponse:
    """Choose articles and a format; a small export is sent at once, a large one is a job."""
    if request.method != "POST":
        initial = {"pending": True, "images": True, "bom": True, "ids": request.GET.get("ids", "")}
        return _export_form(request, ExportForm(initial=initial))
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _export_form(request, form, status=422)
    return _exported(request, form)  # type: ignore[return-value]


@require_http_methods(["GET", "HEAD", "POST"])
@studio_view
def import_page(request: HttpRequest) -> HttpResponse:
    """Take a file, keep it privately, and go on to its dry run."""
    if not _may(request, ADD):
        return render(request, "studio/forbidden.html", status=403)
    may_publish = _may(request, PUBLISH)
    if request.method != "POST":
        return render(request, "studio/import.html", {"form": UploadForm(may_publish=may_publish), "limits": STUDIO})
    form = UploadForm(request.POST, request.FILES, may_publish=may_publish)
    if not form.is_valid():
        return render(request, "studio/import.html", {"form": form, "limits": STUDIO}, status=422)
    token = upload_keep(file=form.cleaned_data["file"], owner_id=_account_id(request))
    return HttpResponseRedirect(_check_url(token, form.wishes()))


@require_http_methods(["GET", "HEAD", "POST"])
@studio_view
def import_check(request: HttpRequest, token: str) -> HttpResponse:
    """What the import would do, line by line; posting it starts the job."""
    path = upload_path(owner_id=_account_id(request), token=token)
    if path is None or not _may(request, ADD):
        raise Http404(_("The uploaded file is not there any more. Upload it again."))
    given = request.POST if request.method == "POST" else request.GET
    form = WishesForm({"existing": Existing.SKIP.value, **given.dict()}, may_publish=_may(request, PUBLISH))
    wishes = form.wishes() if form.is_valid() else Wishes()
    if request.method == "POST" and "drop" in request.POST:
        upload_drop(path)
        return HttpResponseRedirect(reverse("studio:import"))
    name = upload_name(path)
    try:
        with Import(path, name, request.user, wishes, STUDIO) as imported:  # type: ignore[arg-type]
            tally = imported.dry_run()
    except FaultError as error:
        tally = Tally(fates=Counter(), faults=list(error.faults))
    if request.method == "POST" and form.is_valid() and tally.to_do:
        parameters = import_parameters(token, wishes, tally.total)
        job = job_start(kind=BulkKind.IMPORT, owner=request.user, parameters=parameters)  # type: ignore[arg-type]
        return HttpResponseRedirect(reverse("studio:job", args=[job.pk]))
    return render(request, "studio/import_check.html", _check_context(name, form, tally))


def _check_context(name: str, form: WishesForm, tally: Tally) -> dict[str, Any]:
    fates = tally.fates
    return {
        "name": name,
        "form": form,
        "tally": tally,
        "planned": tally.planned[:_SHOWN],
        "faults": tally.faults[:_SHOWN],
        "unshown": max(0, len(tally.planned) - _SHOWN),
        "unshown_faults": max(0, len(tally.faults) - _SHOWN),
        "created": fates[Fate.CREATE] + fates[Fate.COPY],
        "updated": fates[Fate.UPDATE],
        "left": fates[Fate.SKIP] + fates[Fate.UNCHANGED],
        "faulty": fates["fault"],
    }


def _export_form(request: HttpRequest, form: ExportForm, *, status: int = 200) -> HttpResponse:
    ticked = len(form["ids"].value().split(",")) if form["ids"].value() else 0
    context = {"form": form, "ticked": ticked, "direct": DIRECT_ARTICLES}
    return render(request, "studio/export.html", context, status=status)


def _exported(request: HttpRequest, form: ExportForm) -> HttpResponseBase:
    selection, choice = form.selection(_account_id(request)), form.choice()
    kind = form.cleaned_data["format"]
    export = Export(selection.articles(), request.user, choice)  # type: ignore[arg-type]
    count = export.articles[: DIRECT_ARTICLES + 1].count()
    if not count:
        form.add_error(None, _("No article is like that. Choose less narrowly."))
        return _export_form(request, form, status=422)
    if count > DIRECT_ARTICLES:
        parameters = export_parameters(selection, choice)
        job = job_start(kind=_FORMATS[kind], owner=request.user, parameters=parameters)  # type: ignore[arg-type]
        return HttpResponseRedirect(reverse("studio:job", args=[job.pk]))
    chunks = export.zip() if kind == "zip" else export.csv()
    types = {"zip": "application/zip", "csv": "text/csv; charset=utf-8"}
    headers = {"Content-Disposition": f'attachment; filename="{export_name(f".{kind}")}"'}
    return StreamingHttpResponse(chunks, content_type=types[kind], headers=headers)


def _check_url(token: str, wishes: Wishes) -> str:
    query = {"existing": wishes.existing.value, **({"publish": "on"} if wishes.publish else {})}
    return f"{reverse('studio:import_check', args=[token])}?{urlencode(query)}"


def _account_id(request: HttpRequest) -> int:
    assert request.user.pk is not None
    return int(request.user.pk)


def _may(request: HttpRequest, permission: str) -> bool:
    return bool(request.user.has_perm(permission))
