"""What holds for all requests of a job: which size of model answers, and what its prompt says."""

from __future__ import annotations

from articles.enums import GenerationKind
from articles.generation.prompts import Manner
from articles.generation.quoting import clipped
from articles.generation.templates import rendered
from articles.generation.variables import values_of
from articles.models import GenerationJob
from articles.providers.endpoints import endpoint_named
from articles.providers.router import endpoints_for

#: So much of a template goes along with every request of its job.
_SYSTEM_CHARS, _GUIDANCE_CHARS = 1_000, 2_400


def manner_of(job: GenerationJob) -> Manner:
    """Return it; with a prompt version of the job, its wording with the job's values filled in."""
    is_small = is_small_model(job.language, job.endpoint_wanted, job.owner_id)
    version = job.prompt_version
    if version is None or job.kind == GenerationKind.TEST:
        return Manner(is_small=is_small)
    values = values_of(job.parameters, job.language, version.variables)
    system, guidance = rendered(version.system, values), rendered(version.text, values)
    return Manner(is_small, clipped(system, _SYSTEM_CHARS), clipped(guidance, _GUIDANCE_CHARS))


def is_small_model(language: str, wanted: str = "", account_id: int | None = None) -> bool:
    """Whether only the bundled model would answer."""
    chosen = endpoint_named(wanted, account_id) if wanted else None
    able = [chosen] if chosen else endpoints_for(language, account_id)
    return bool(able) and all(endpoint.bundled for endpoint in able)
