"""What the contests of ``training`` share: the task, the peers, the floors."""
