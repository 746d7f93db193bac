"""All blasts beside each other, and what is told of a list and its petitions over time."""
