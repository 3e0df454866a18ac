"""Files of the person: reads `tenants/` with positions, the catalog from `schemas/`."""
