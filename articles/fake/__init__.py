"""Made-up articles in any number, to see how pages and queries do on a large site."""
