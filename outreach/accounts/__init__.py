"""Accounts: the organisation that speaks, the people who work for it, what they did."""
