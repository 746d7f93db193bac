"""Petitions: what is signed, its citations, who signed it."""
