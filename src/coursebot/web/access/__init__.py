"""What stands in front of the whole application: who is asking, what they may call, how often."""
