"""The accompanist `diffusion`: a latent diffusion model over bars of parts.

`rolls` cuts notes into beats relative to the chord, `vae` codes a beat of a part into a few numbers and back,
`conditions` says what is asked of each bar, `denoiser` is the network over bars, `sampler` draws from it,
`generator` loads all of them, and `band` arranges a song with it.
"""
