"""Pictures to try the product with."""
