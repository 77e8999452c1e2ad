"""One file per vendor, one vocabulary: see base."""
