"""`python -m shootdown`."""

from shootdown.checker.cli import main

main()
