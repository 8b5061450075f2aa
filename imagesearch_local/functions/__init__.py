"""Lambda functions as processes of their own: each has its own environment, and so its own model and index."""
