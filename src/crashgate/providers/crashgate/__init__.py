"""What crashgate answers itself. Rule: decided and recorded like every upstream operation."""
