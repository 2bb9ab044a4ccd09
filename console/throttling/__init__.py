"""Who fails again and again has to wait: at the sign-in page, and wherever else a password or a
link could be guessed. Counted by django-axes, in the schema of the side that was tried."""
