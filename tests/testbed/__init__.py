"""`make testbed`: the whole pipeline against real WordPress sites on loopback, checked against their answer sheet."""
