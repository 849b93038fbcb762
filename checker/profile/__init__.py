"""What makes a scenario large: which variables and agents multiply its states, which steps are taken how often."""
