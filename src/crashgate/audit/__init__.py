"""What was decided and how it ended, as records that people can read. Rule: pure; no database, no clock, no files."""
