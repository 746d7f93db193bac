"""Supporters: people with an address, their lists and tags, and how they come in."""
