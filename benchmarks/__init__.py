"""One runnable file per figure; each prints its result as JSON."""
