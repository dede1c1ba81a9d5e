"""Tables and figures, each made by a script: ``python -m experiments.regions``."""
