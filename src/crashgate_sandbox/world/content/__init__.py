"""What the world's apps, crashes and people are made of, one file a platform. Rule: all of it is invented."""
