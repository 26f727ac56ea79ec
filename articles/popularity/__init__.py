"""Which articles are read lately: views are counted beside the database, and scores decay without being touched."""
