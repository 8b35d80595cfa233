"""The melody writer's parts: the scorers learned from songs, and the searches that use them."""
