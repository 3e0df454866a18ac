"""The live registry, behind a port."""
