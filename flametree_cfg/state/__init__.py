"""The ledger of what we applied."""
