"""Differences become ordered, safe, digestible operations."""
