"""What is taught, to whom, and where each learner stands."""
