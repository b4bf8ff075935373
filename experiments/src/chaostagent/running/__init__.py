"""Carrying experiments out: each as a process of its own, side by side where they do not disturb each other, again and again."""
