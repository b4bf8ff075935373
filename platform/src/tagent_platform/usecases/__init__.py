"""One thing that somebody can ask of the platform, one file, one public function: read, decide (core), commit, and again on conflict."""
