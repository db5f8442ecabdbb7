"""The local stack: engine, Redis, worker and gateway as background processes of one folder."""
