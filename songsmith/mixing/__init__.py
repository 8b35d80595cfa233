"""What the mixer is made of: loudness, channel chains, the limiter."""
