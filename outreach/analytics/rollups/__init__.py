"""Rollups: numbers by blast, variant and what not, kept as letters change, and their recount."""
