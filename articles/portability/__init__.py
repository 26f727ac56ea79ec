"""Articles as files: Markdown with front matter, tables for spreadsheets, ZIP archives of both; out and back in."""
