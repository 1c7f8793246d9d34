"""The bench: Entaku beside its peers and beside PostgreSQL's own limit. See bench/README.md."""
