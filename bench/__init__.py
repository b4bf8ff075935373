"""Measurements against peers, as ratios within one run on one machine. `make bench` prints the table; `python -m bench.<part>` one part."""
