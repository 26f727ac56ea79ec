"""The site's cache: results of queries, answers to readers, and how what they depend on makes them old.

``cache_query`` and ``cache_api_response`` keep, ``bump`` makes old on commit. docs/caching.md says how.
"""

from omniwriter.cache.codec import cacheable
from omniwriter.cache.errors import CacheError, UncacheableError
from omniwriter.cache.generations import bump, renew
from omniwriter.cache.query import CachedQuery, cache_query
from omniwriter.cache.response import cache_api_response
from omniwriter.cache.ttl import Ttl

__all__ = [
    "CacheError",
    "CachedQuery",
    "Ttl",
    "UncacheableError",
    "bump",
    "cache_api_response",
    "cache_query",
    "cacheable",
    "renew",
]
