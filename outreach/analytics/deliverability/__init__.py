"""How far mailbox providers have reason to take our letters: the score card."""
