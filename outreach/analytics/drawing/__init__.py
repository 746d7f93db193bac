"""Charts, pictures and pages on paper, drawn in bounds."""
