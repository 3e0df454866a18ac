"""The catalog of types, built from JSON documents it is handed. Knows nothing about files."""
