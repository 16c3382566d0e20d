"""Training: optimizers, schedules, threads that work together."""
