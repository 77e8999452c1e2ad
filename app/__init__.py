"""The assembled application: what people and machines touch."""
