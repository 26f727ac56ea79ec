"""What the cache refuses."""


class CacheError(Exception):
    """Anything this package raises."""


class UncacheableError(CacheError, TypeError):
    """A value would not come back as it was; the message names its type."""


class UnreadableError(CacheError, ValueError):
    """Bytes are not a value, or one of a class that has changed since."""
