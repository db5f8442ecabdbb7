"""The commands of `sandglass`, one file for each group."""
