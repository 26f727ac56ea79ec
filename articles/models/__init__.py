"""What the articles app stores; each is written through ``articles.services`` only."""

from articles.models.article import Article
from articles.models.audit import AuditEntry
from articles.models.batch import GenerationBatch
from articles.models.budget import Budget
from articles.models.bulk import BulkJob
from articles.models.generation import GenerationJob, ProviderCall
from articles.models.image import Image
from articles.models.popularity import ViewBatch
from articles.models.prompt import PromptTemplate, PromptVersion
from articles.models.provider import ProviderEndpoint
from articles.models.redirect import SlugRedirect
from articles.models.revision import Draft, Revision
from articles.models.similarity import SimilarityBand
from articles.models.taxonomy import Category, Tag
from articles.models.token import AccessToken, IdempotencyKey

__all__ = [
    "AccessToken",
    "Article",
    "AuditEntry",
    "Budget",
    "BulkJob",
    "Category",
    "Draft",
    "GenerationBatch",
    "GenerationJob",
    "IdempotencyKey",
    "Image",
    "PromptTemplate",
    "PromptVersion",
    "ProviderCall",
    "ProviderEndpoint",
    "Revision",
    "SimilarityBand",
    "SlugRedirect",
    "Tag",
    "ViewBatch",
]
