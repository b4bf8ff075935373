"""What this process knows of the platform: polled once for everyone who looks."""
