"""The library of sources: what they are, what they say, and whether texts say it rightly."""
