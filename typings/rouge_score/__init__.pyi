"""What we use of rouge-score."""
