"""What people ask of policies: lint, diff, explain, export to Cedar, a starter policy."""
