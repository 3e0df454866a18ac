"""One function per rule; the same guard YAML, plans and the embedded registry."""
