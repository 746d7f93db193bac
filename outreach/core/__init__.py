"""The ground floor: errors, clock, database, addresses, tokens, log; nothing of the product."""
