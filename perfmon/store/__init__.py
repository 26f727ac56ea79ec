"""Where windows rest: ``fine`` for a day, ``rollups`` in SQL for years; only ``selectors`` reads both."""
