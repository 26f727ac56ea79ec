"""Work on many articles: jobs, the handlers that know each kind, and what they work on."""
