"""How does a worker tell that the engine proxy stands between it and the engine?"""

PROXY_COMPONENT = "Sandglass Engine Proxy"
"""A part of `/version` that `worker.engine_proxy` adds."""
