"""Articles of several sections: the outline first, then section by section, then what else an article needs."""

from __future__ import annotations

from articles.content import Content, count_words
from articles.enums import Origin
from articles.generation.choices import SUGGESTED
from articles.generation.cleaning import cleaned, is_meagre, without_repeats
from articles.generation.manners import manner_of
from articles.generation.outline_writer import outline_begun, outline_mended
from articles.generation.prompts import Manner, section_request
from articles.generation.repetition import LoopGuard
from articles.generation.sections import Section, markdown_of
from articles.generation.suggestions import suggest
from articles.generation.wishes import ArticleWish, wish_of
from articles.generation.writers import Pen, Result, seed_of
from articles.models import Article, Category, GenerationJob
from articles.services.articles import article_create

_TRIES = 2


class ArticleWriter:
    """Writes a whole article. Each section is a checkpoint: ``{"titles": […], "sections": [{"title", "text"}, …]}``."""

    def write(self, pen: Pen) -> Result:
        """Write what is not written yet."""
        wish = wish_of(pen.job.parameters, pen.job.language)
        manner = manner_of(pen.job)
        state = pen.job.state
        titles = list(state.get("titles") or wish.outline)
        sections: list[Section] = list(state.get("sections", []))
        if not titles:
            titles = outline_begun(pen, wish, manner)
        if not sections:
            pen.outline(titles)
            pen.keep({"titles": titles, "sections": []}, "")
        while len(sections) < len(titles):
            if len(sections) == 1:
                titles = outline_mended(pen, wish, manner, titles)
            text = _section(pen, wish, manner, titles, sections)
            sections.append({"title": titles[len(sections)], "text": text})
            pen.keep({"titles": titles, "sections": sections}, markdown_of(sections))
        body = markdown_of(sections)
        pen.stage("suggestions", sections=len(titles))
        fields = [name for name in SUGGESTED if name != "title" or not wish.title]
        suggestions = suggest(pen, manner, body=body, title=wish.title, wish=wish, fields=fields)
        values = {**suggestions.to_json(), "titles": list(suggestions.titles), "outline": titles}
        values["title"] = wish.title or suggestions.titles[0]
        return Result(body, {**values, "words": count_words(body)})

    def finish(self, job: GenerationJob, result: Result) -> Article | None:
        """Make the draft, as the job's owner; it is published by nobody but a person."""
        wish = wish_of(job.parameters, job.language)
        values = result.values
        known = wish.category_id is not None and Category.objects.filter(pk=wish.category_id).exists()
        content = Content(
            title=values["title"], body=result.text, excerpt=values["excerpt"], tags=tuple(values["tags"]),
            seo_description=values["description"], language=job.language,
            category_id=wish.category_id if known else None, origin=Origin.AI,
        )  # fmt: skip
        return article_create(content=content, author=job.owner)


def _section(pen: Pen, wish: ArticleWish, manner: Manner, titles: list[str], sections: list[Section]) -> str:
    """Write one section; one that came to little is asked once more, and the better one is kept."""
    number, tail = len(sections) + 1, sections[-1]["text"] if sections else ""
    title, earlier = titles[number - 1], markdown_of(sections)
    words = round(wish.words / len(titles))
    pen.stage("section", section=number, sections=len(titles), title=title)
    best, was_cut = "", False
    for attempt in range(_TRIES):
        request = section_request(wish, manner, titles, number, tail=tail, seed=seed_of(pen.job, number, attempt))
        written = pen.write(request, purpose="section", section=number, guard=LoopGuard())
        text = cleaned(written.text, title, is_whole=written.finish == "stop")
        text = without_repeats(text, earlier, alike=manner.is_small)
        if count_words(text) >= count_words(best):
            best, was_cut = text, written.is_cut
        if not is_meagre(best, words):
            break
    pen.trim(number, best)
    if was_cut:
        pen.note("repetition_cut", section=number, title=title)
    if is_meagre(best, words):
        pen.note("section_short", section=number, title=title, words=count_words(best))
    return best
