"""End-to-end benchmarks: the product beside its peers, each figure a ratio within one run.

`command` is the entry; `cases` holds one module per benchmark, `peers` one per program compared with. Everything a
benchmark starts, mounts or writes hangs on its `Workspace`, which takes it away again. Not a load generator: the readers
are as plain as those of users (`read`, `mmap`, `cp`), so that what is measured is the mount and not the tool.
"""
