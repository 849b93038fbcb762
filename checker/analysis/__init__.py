"""Static analyses of systems, and the rewrites that make them smaller without changing a verdict."""
