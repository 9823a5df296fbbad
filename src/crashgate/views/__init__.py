"""What an agent gets back, one file a resource. Rule: small by default, and what is left out is said."""
