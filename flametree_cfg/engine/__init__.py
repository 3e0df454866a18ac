"""The order of things; also the Python API."""
