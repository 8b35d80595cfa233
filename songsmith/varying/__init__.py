"""The parts of a song made anew: what is asked for, the melody, and the band."""
