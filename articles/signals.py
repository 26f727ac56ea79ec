"""What others may listen to: caches, the search index and the like, which the services know nothing of."""

from django.dispatch import Signal

#: What readers see of an article has changed, and is committed. Sent with ``article_id`` and ``is_public``, after
#: publishing, unpublishing, archiving, and a change of what is live.
live_changed = Signal()
