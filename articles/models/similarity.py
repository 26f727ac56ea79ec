"""Which articles say the same: locality-sensitive hashes of their shingles."""

from __future__ import annotations

from django.db import models

from articles.models.article import Article


class SimilarityBand(models.Model):
    """One band of an article's MinHash signature; articles that share a band are candidates for being alike."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="similarity_bands", db_index=False)
    band = models.PositiveSmallIntegerField()
    value = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="similarity_band_unique", fields=["article", "band"])]
        indexes = [models.Index(name="similarity_lookup", fields=["band", "value"])]

    def __str__(self) -> str:
        return f"{self.article_id}/{self.band}"
