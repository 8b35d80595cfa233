"""The accompanist `diffusion`: a latent diffusion model over bars of parts.

`rolls` cuts notes into beats relative to the chord, `vae` codes a beat of a part into a few numbers and back,
`conditions` says what is asked of each bar, `denoiser` is the network over bars, `plain` is both without PyTorch,
`sampler` draws from it, `generator` loads all of it; `band` arranges a song, `revising` plays parts of it again,
`blending` plays between two songs or styles.
"""
