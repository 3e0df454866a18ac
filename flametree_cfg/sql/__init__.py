"""Engines, statements, migrations: the only room that speaks SQL."""
