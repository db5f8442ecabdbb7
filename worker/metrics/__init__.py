"""The worker's numbers: said by its processes, added up and served by its main process (decision 0022)."""
