"""Audiences: segments, saved questions whose answer is a set of supporters."""
