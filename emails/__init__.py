"""One email out, one email in."""
