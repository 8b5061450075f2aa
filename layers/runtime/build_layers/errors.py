"""What can go wrong with a build."""


class LayerError(RuntimeError):
    """A layer that cannot be built; the message says what to do."""
