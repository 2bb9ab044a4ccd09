"""What a client's own pages look like: its logo, and a sample of its colour."""
