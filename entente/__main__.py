"""`python -m entente` is `entente`."""

from entente.cli import main

main()
