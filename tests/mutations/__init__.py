"""Mail that isn't mail, by the thousand: into the inbound hook, worked, and looked up again."""
