"""Measurements, each one command that prints its ratio against a named baseline in the same run."""
