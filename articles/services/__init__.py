"""What changes articles, by every door: the site's only writers. One module a noun; import from the module."""
