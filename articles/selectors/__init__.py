"""What is read of articles, by every door. One module for each kind of reader; import from the module."""
