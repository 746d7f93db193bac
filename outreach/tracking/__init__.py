"""Tracking: the links of a letter, what followed them, and whether it was a person."""
