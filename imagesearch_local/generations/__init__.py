"""Generations: a model, an index, a queue and the functions around them; two while the model changes."""
