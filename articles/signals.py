"""What others may listen to: caches, the search index and the like, which the services know nothing of."""

from django.dispatch import Signal

#: What readers see of an article has changed, and is committed. Sent with ``article_id`` and ``is_public``, after
#: publishing, unpublishing, archiving, and a change of what is live.
live_changed = Signal()

#: A call of a provider was settled. Sent with ``call``, the ``ProviderCall`` as it now is.
provider_called = Signal()

#: An endpoint became well or unwell. Sent with ``name`` and ``state``.
endpoint_state_changed = Signal()

#: A generation job is over, and that is committed. Sent with ``job_id``, ``batch_id`` (or None), ``status``.
generation_ended = Signal()
