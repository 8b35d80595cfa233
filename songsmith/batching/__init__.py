"""Many songs in one run, on this machine or on a cluster, that never loses what is done.

`rows` and `manifest` read what is asked for into `Item`s, `running` hands them to a `Crew` of workers (`local`,
`cluster`), `folder` and `journal` keep what came of them, `summary` tells it. Two engines, one way of a song: `jobs`
makes an item in a worker, with one thread and nothing beside it, so that its bytes are those of `songsmith make`.
"""
