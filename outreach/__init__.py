"""Outreach: petitions, letters that ask for signatures, and figures that can be recounted."""
