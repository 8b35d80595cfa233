"""A song in the formats of other programs."""
