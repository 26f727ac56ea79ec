"""A small site with one of everything that a page can show."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import time_machine
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image as Picture

from articles.bulk.jobs import job_start
from articles.content import Content
from articles.enums import BulkKind, RevisionKind
from articles.generation.batches import batch_pause, batch_start
from articles.generation.planning import Common, plan_rows
from articles.generation.rows import rows_of_file
from articles.models import (
    Article,
    BulkJob,
    Category,
    GenerationBatch,
    GenerationJob,
    Image,
    PromptTemplate,
    ProviderEndpoint,
    Revision,
)
from articles.portability.uploads import upload_keep
from articles.services import publishing
from articles.services.articles import article_create, article_save
from articles.services.images import image_store
from articles.services.prompts import Wording, prompt_change, prompt_create
from articles.starter import starter_load
from perfmon.loadtest.models import LoadRun, RunStatus
from tests.articles.studio.generating import TITLES, call, job, model
from tests.perfmon.panels.loadruns import finished

FOLDER = Path(__file__).parent
NODE = Path(sys.executable).parent / "node"
BODY = """An article opens with a paragraph.

## A part with a list

- one
- two with `code` and a [link](https://example.org/)

> A quotation.

| Name | Value |
|---|---|
| one | 1 |

### A part below

```python
print("text")
```

1. first
2. second

## Another part

{image}
"""


@dataclass(frozen=True)
class World:
    """What the pages' addresses are made of."""

    people: dict[str, User]
    article: Article
    changed: Article
    draft: Article
    scheduled: Article
    category: Category
    first: Revision
    second: Revision
    job: BulkJob
    image: Image
    upload: str
    rows: str
    batch: GenerationBatch
    writing: GenerationJob
    stopped: GenerationJob
    outline: GenerationJob
    prompt: PromptTemplate
    provider: ProviderEndpoint
    load: LoadRun
    earlier_load: LoadRun


def make_world() -> World:
    """Make accounts of each kind, an article in each state, a category, tags, an image, revisions and a job."""
    people = {name: User.objects.create_user(name, password="a long password") for name in ("writer", "editor")}
    people["admin"] = User.objects.create_superuser("admin", password="a long password")
    for name, account in people.items():
        account.first_name, account.last_name = name.title(), "Lima"
        account.save()
    people["writer"].groups.add(Group.objects.get(name="Writers"))
    people["editor"].groups.add(Group.objects.get(name="Editors"))
    starter_load()
    model()
    return _write(people)


def run_node(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run Node's own program from this folder, within a minute."""
    return subprocess.run(
        [NODE, *arguments], check=False, cwd=FOLDER, input=stdin, text=True, capture_output=True, timeout=60
    )


def _write(people: dict[str, User]) -> World:
    writer, editor = people["writer"], people["editor"]
    image = image_store(file=_photo(), alt="A lamp on a table", actor=writer)
    category = Category.objects.create(name="Science", slug="science", description="What was found out.")
    body = BODY.format(image=f"![A lamp on a table](/media/images/{image.digest}/480.jpeg)")
    content = Content(
        title="On lamps", body=body, category_id=category.pk, tags=("lamps", "light"), cover_id=image.pk,
        seo_description="What lamps do at night, and why one would want that.",
    )  # fmt: skip

    def article(title: str) -> Article:
        return article_create(content=Content(title=title, body="Words of it.", category_id=category.pk), author=writer)

    published = article_create(content=content, author=writer)
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        publishing.article_publish(article_id=published.pk, actor=editor)
    changed = publishing.article_publish(article_id=article("Live and changed").pk, actor=editor)
    changed = _change(changed, writer, "Words that differ.")
    review, scheduled = article("Waiting for a review"), article("Tomorrow's article")
    publishing.article_submit(article_id=review.pk, actor=writer)
    moment = timezone.now() + timedelta(days=1)
    publishing.article_schedule(article_id=scheduled.pk, actor=editor, publish_at=moment)
    draft = _change(article("A draft"), writer, "Words.\n\nMore words of another kind.")
    revisions = Revision.objects.filter(article=draft).order_by("version")
    job = job_start(kind=BulkKind.ARCHIVE, owner=editor, parameters={"ids": [review.pk]})
    return World(
        people=people, article=published, changed=changed, draft=draft, scheduled=scheduled, category=category,
        first=revisions[0], second=revisions[1], job=job, image=image,
        upload=upload_keep(file=_archive(), owner_id=writer.pk),
        rows=upload_keep(file=_table(), owner_id=writer.pk), batch=_batch(writer), prompt=_prompt(writer),
        provider=ProviderEndpoint.objects.earliest("pk"), **_generated(writer),
        load=finished(1_800_000_000, status=RunStatus.FAILED, failed=2), earlier_load=finished(1_790_000_000),
    )  # fmt: skip


def _generated(writer: User) -> dict[str, GenerationJob]:
    """Texts of a model: one at work, one stopped with its calls, an outline."""
    stopped = job(writer, status="cancelled", notes=[{"code": "repetition_cut", "section": 1}])
    call(stopped, 1, outcome="busy", error="429: try again in 4 s")
    call(stopped, 2)
    outline = job(writer, kind="outline", status="succeeded", state={"titles": TITLES})
    return {"writing": job(writer), "stopped": stopped, "outline": outline}


def _prompt(writer: User) -> PromptTemplate:
    """A prompt with two versions."""
    prompt = prompt_create(name="Notes", wording=Wording("On {{ title }}."), actor=writer)
    wording = Wording("On {{ title }} in {{ season }}.", "", {"season": "spring"})
    prompt_change(template_id=prompt.pk, name="Notes", description="Short.", wording=wording, number=1, actor=writer)
    return prompt


def _batch(writer: User) -> GenerationBatch:
    """A batch that is paused, with rows that failed, that are written, and that were left out."""
    plan = plan_rows(rows_of_file(_table().read(), "rows.csv"), Common(), {})
    batch = batch_start(owner=writer, name="rows.csv", planned=plan.planned, refused=plan.refused)
    batch_pause(batch_id=batch.pk)
    ended = {"status": "failed", "finished_at": timezone.now(), "error": {"code": "refused"}}
    batch.jobs.filter(row=1).update(**ended)
    return batch


def _table() -> SimpleUploadedFile:
    """A table of topics with one fault, one double, and accents in Latin-1."""
    table = "title,words\nA ação,600\nOn chairs,5\nA ação,600\nOn doors,\n"
    return SimpleUploadedFile("rows.csv", table.encode("latin-1"), content_type="text/csv")


def _change(article: Article, actor: User, body: str) -> Article:
    content = Content.from_json({**article.working().to_json(), "body": body})
    return article_save(
        article_id=article.pk, content=content, version=article.version, actor=actor, kind=RevisionKind.SAVE
    )


def _archive() -> SimpleUploadedFile:
    """An import with one good article and two with faults."""
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("good.md", "---\ntitle: Good\n---\nWords.\n")
        archive.writestr("bad.md", "---\ntitel: Bad\n---\nWords.\n")
        archive.writestr("none.md", "Words alone.\n")
    return SimpleUploadedFile("articles.zip", data.getvalue(), content_type="application/zip")


def _photo() -> SimpleUploadedFile:
    data = BytesIO()
    Picture.linear_gradient("L").resize((1600, 900)).convert("RGB").save(data, "JPEG")
    return SimpleUploadedFile("lamp.jpg", data.getvalue(), content_type="image/jpeg")
