"""The ground floor: errors, clock, database, addresses, tokens, log. Knows nothing of the product."""
