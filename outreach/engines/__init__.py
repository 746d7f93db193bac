"""Engines: what calls the jobs. One process with APScheduler, or Celery on many machines."""
