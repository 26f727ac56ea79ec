"""The public site: pages, feeds and what machines read of them."""
