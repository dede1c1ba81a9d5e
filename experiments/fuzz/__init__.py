"""Bad input for the command line, and what must hold whatever comes: ``python -m experiments.fuzz``."""
