"""A writer for the runner's tests, and what its jobs came to."""

from __future__ import annotations

from articles.content import Content
from articles.enums import Origin
from articles.generation.sections import markdown_of
from articles.generation.stream import read
from articles.generation.writers import Pen, Result
from articles.models import Article, GenerationJob, ProviderCall
from articles.providers.base import ChatRequest, Message
from articles.services.articles import article_create
from tests.fixtures.fake_provider import PROSE

TITLES = ["Flour", "Water", "Time"]
WHOLE = "\n\n".join(f"## {title}\n\n{PROSE}" for title in TITLES)


class Sections:
    """Writes a section after the other and keeps each, as real writers do."""

    def write(self, pen: Pen) -> Result:
        kept = list(pen.job.state.get("sections", []))
        pen.outline(TITLES)
        for number in range(len(kept) + 1, len(TITLES) + 1):
            title = TITLES[number - 1]
            pen.stage("section", section=number, sections=len(TITLES), title=title)
            words = (Message("user", f"Write about {title}."),)
            request = ChatRequest(words, max_tokens=80, language=pen.job.language)
            written = pen.write(request, purpose="section", section=number)
            kept.append({"title": title, "text": written.text})
            pen.keep({"titles": TITLES, "sections": kept}, markdown_of(kept))
        return Result(markdown_of(kept), {"title": "Bread"})

    def finish(self, job: GenerationJob, result: Result) -> Article:
        content = Content(title=result.values["title"], body=result.text, origin=Origin.AI.value)
        return article_create(content=content, author=job.owner)


class Broken:
    """Fails in a way nobody thought of."""

    def write(self, pen: Pen) -> Result:
        raise ZeroDivisionError

    def finish(self, job: GenerationJob, result: Result) -> None:
        """Never called."""


def streamed(job: GenerationJob) -> str:
    """Return what a viewer who heard every event has in front of them."""
    sections: list[str] = [""] * len(TITLES)
    for _seq, event in read(job.pk):
        if event["type"] == "snapshot":
            kept = [part["text"] for part in event["sections"]]
            sections = kept + [""] * (len(TITLES) - len(kept))
        elif event["type"] == "text":
            assert event["at"] == len(sections[event["section"] - 1])
            sections[event["section"] - 1] += event["text"]
        elif event["type"] == "trim":
            sections[event["section"] - 1] = event["text"]
    return markdown_of([{"title": title, "text": text} for title, text in zip(TITLES, sections, strict=True)])


def outcomes() -> list[str]:
    """Return how each call of a provider ended, in order."""
    return list(ProviderCall.objects.order_by("number").values_list("outcome", flat=True))
