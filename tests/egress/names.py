"""Names and addresses of the network that the egress tests make: they exist on its `lo` alone."""

ONE, TWO, THREE, UNLISTED = "45.33.90.1", "45.33.90.2", "45.33.90.3", "45.33.90.4"
SIX = "2606:4700:77::1"
PRIVATE, METADATA = "10.77.0.1", "169.254.169.254"
ADDRESSES = (ONE, TWO, THREE, UNLISTED, SIX, PRIVATE, METADATA)

_NAMES = {
    "data.example.org": [ONE],
    "also.example.net": [TWO],
    "a.wild.example.org": [THREE],
    "a.b.wild.example.org": [THREE],
    "wild.example.org": [THREE],
    "six.example.org": [SIX],
    "sub.data.example.org": [UNLISTED],
    "unlisted.example.org": [UNLISTED],
    "data.example.org.evil.example": [UNLISTED],
    "data-example.org": [UNLISTED],
    "xn--dta-0na.example.org": [UNLISTED],
    "private.example.org": [PRIVATE],
    "metadata.example.org": [METADATA],
    "loopback.example.org": ["127.0.0.1"],
    "mixed.example.org": [ONE, PRIVATE],
    "turns.example.org": [ONE],
    "deaf.example.org": ["45.33.90.99"],
}
HOSTS = "127.0.0.1 localhost\n" + "".join(
    f"{address} {name}\n" for name, addresses in _NAMES.items() for address in addresses
)
LISTED = (
    "data.example.org",
    "also.example.net",
    "*.wild.example.org",
    "six.example.org",
    "private.example.org",
    "metadata.example.org",
    "loopback.example.org",
    "mixed.example.org",
    "turns.example.org",
    "deaf.example.org",
    "nowhere.example.org",
)
NAMES_OF_CERTIFICATE = tuple(_NAMES)
