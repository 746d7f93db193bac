"""Intake: a pasted petition text is read, and what was understood is said line by line."""
