"""A year of trouble in a second: the real engine on a virtual clock, with one seed for all chance.

What is real: sign-up, confirmation, pause, goodbye, undo and booking as the pages do them, inbound
routing, planning, delivery and settling, on SQLite in memory. What is a model: the people, their
mail programs, the provider, and everything that goes wrong. A run is a function of its seed.
"""
