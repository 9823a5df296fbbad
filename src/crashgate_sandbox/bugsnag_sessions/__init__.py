"""The Session Tracking API. Rule: what real notifiers send is taken, and what is refused says all that is wrong."""
