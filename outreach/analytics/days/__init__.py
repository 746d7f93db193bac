"""Numbers by day and month that no blast has: growth, visits, cohorts, and their recount."""
