"""`python -m songsmith` is the command line."""

from songsmith.cli import main

main()
