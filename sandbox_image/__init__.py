"""What runs inside a sandbox container; imports nothing of the rest of Sandglass (AGPL-3.0, see README.md)."""
