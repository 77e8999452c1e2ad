"""Tools elsewhere with which sessions can be booked instead of with our own pages."""
