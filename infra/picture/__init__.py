"""The architecture as a picture, drawn from the synthesised templates."""
