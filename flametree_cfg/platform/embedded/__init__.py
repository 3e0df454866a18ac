"""The embedded registry: the documented system itself, in one database file."""
