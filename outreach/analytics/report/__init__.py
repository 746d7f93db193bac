"""The report of one blast: its figures, what they are made of, and how they are said."""
