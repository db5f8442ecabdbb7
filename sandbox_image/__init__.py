"""What runs inside a sandbox container? Imports nothing of the rest of Sandglass (AGPL-3.0, README.md)."""
