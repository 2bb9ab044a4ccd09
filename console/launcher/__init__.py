"""What starts the console: the environment of its commands, and the one supervisor."""
