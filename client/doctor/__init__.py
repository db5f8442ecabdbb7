"""What `sandglass doctor` looks at, and how it judges what it sees."""
