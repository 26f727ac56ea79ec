"""The collector: ``merging`` is its tick, ``upkeep`` what it does with closed minutes, ``loop`` runs both."""
