"""What the page of one service is made of, from top to bottom; used by that page alone."""
