"""Work on a piece of text that is there: edits of a passage, and the test of a prompt."""

from __future__ import annotations

import re

from articles.generation.cleaning import cleaned, ended
from articles.generation.edits import edit_request, pieces_of, test_request
from articles.generation.manners import manner_of
from articles.generation.repetition import LoopGuard
from articles.generation.variables import values_of
from articles.generation.writers import Pen, Result
from articles.models import Article, GenerationJob, PromptVersion

_LINE_ENDS = re.compile(r"\s*\Z")


class PassageWriter:
    """Edits a passage: the result is ``{"text": …}``. A long one is edited piece by piece, so that each fits."""

    def write(self, pen: Pen) -> Result:
        """Write the passage anew."""
        parameters = pen.job.parameters
        manner = manner_of(pen.job)
        pieces = pieces_of(parameters["text"])
        done: list[str] = list(pen.job.state.get("pieces", []))
        pen.stage("edit", section=1, sections=1)
        for number in range(len(done) + 1, len(pieces) + 1):
            request = edit_request(parameters, pieces, number, manner, pen.job.language, seed=pen.job.pk + number)
            written = pen.write(request, purpose="edit", section=1, guard=LoopGuard())
            text = cleaned(written.text, "", is_whole=written.finish == "stop")
            if written.is_cut:
                pen.note("repetition_cut", section=number, title="")
            # What came to nothing stays as it was: an edit takes no text away by accident.
            done.append(text or pieces[number - 1].strip())
            pen.trim(1, "\n\n".join(done))
            pen.keep({"pieces": done}, "\n\n".join(done))
        text = "\n\n".join(done)
        return Result(text, {"text": text})

    def finish(self, job: GenerationJob, result: Result) -> Article | None:
        """Nothing comes of it: whoever asked takes it into the article, in whole, in part or not."""
        return None


class TestWriter:
    """Runs a version of a prompt with sample values: the result is ``{"text": …}``."""

    __test__ = False  # no test of pytest's

    def write(self, pen: Pen) -> Result:
        """Write what the prompt asks for."""
        job = pen.job
        version = job.prompt_version or PromptVersion.objects.get(pk=job.parameters["prompt_version"])
        pen.stage("test", section=1, sections=1)
        values = values_of(job.parameters, job.language, version.variables)
        request = test_request(version.system, version.text, values, manner_of(job), job.language, seed=job.pk)
        written = pen.write(request, purpose="test", section=1, guard=LoopGuard())
        text = ended(written.text) if written.finish != "stop" else written.text.strip()
        pen.trim(1, text)
        if written.is_cut:
            pen.note("repetition_cut", section=1, title="")
        return Result(text, {"text": text})

    def finish(self, job: GenerationJob, result: Result) -> Article | None:
        """Nothing comes of a test."""
        return None
