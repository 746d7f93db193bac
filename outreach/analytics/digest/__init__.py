"""The weekly digest: its numbers, its pictures, to whom it goes."""
