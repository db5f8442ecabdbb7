"""`python -m client` is the `sandglass` command."""

from client.cli import main

main()
