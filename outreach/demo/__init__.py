"""The demo: sample content goes through the whole main job, and simulated people act on it."""
