"""Suggestions for an article that is there."""

from __future__ import annotations

from articles.generation.manners import manner_of
from articles.generation.suggestions import suggest
from articles.generation.writers import Pen, Result
from articles.models import Article, GenerationJob


class SuggestionWriter:
    """Suggests what a job's ``fields`` name; the result has them by name, several for the title."""

    def write(self, pen: Pen) -> Result:
        """Ask for all of them at once."""
        parameters = pen.job.parameters
        pen.stage("suggestions")
        found = suggest(
            pen, manner_of(pen.job), body=parameters["body"], title=parameters.get("title", ""),
            fields=parameters["fields"],
        ).to_json()  # fmt: skip
        return Result("", {name: found[name] for name in parameters["fields"]})

    def finish(self, job: GenerationJob, result: Result) -> Article | None:
        """Nothing comes of it but the result: somebody takes it or does not."""
        return None
