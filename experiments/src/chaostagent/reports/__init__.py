"""What came of a campaign, for people and for CI. Pure, but for `write`."""
