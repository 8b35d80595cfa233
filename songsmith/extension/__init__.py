"""Longer music: a recording played on from its own bars, a song of songsmith continued on its score."""
