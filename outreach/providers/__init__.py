"""Providers: adapters that take letters. They know only mail/; their words go no further."""
