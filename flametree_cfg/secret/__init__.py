"""Where secret values come from, and how they are sealed and fingerprinted."""
