"""An app over the tables of ours as somebody else would write it, with nothing of ours in it."""
