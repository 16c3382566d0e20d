"""Probability distributions with batches of parameters: draws, log-probabilities, moments, divergences."""
