"""The operator's web pages: what agents did, what they may do, and what waits for a person's answer."""
