"""Mail: a letter compiled once and filled per person, and the ledger of its deliveries."""
