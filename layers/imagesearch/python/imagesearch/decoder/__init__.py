"""Pictures decoded in processes of their own, which have nothing to steal and may be brought down."""
