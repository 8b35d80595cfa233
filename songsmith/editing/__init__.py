"""Edits of a finished song: other words in a line, other settings; everything else stays as it is."""
