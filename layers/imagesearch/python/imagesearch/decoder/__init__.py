"""Pictures decoded in processes of their own, which hold no credentials and may be brought down."""
