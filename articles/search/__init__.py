"""Full-text search over what is published: words, the index, the queries, the snippets."""
