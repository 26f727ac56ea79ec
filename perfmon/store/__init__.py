"""Where windows rest: ``fine`` for a day, ``rollups`` in SQL for years; ``selectors`` reads both and nothing else does."""
