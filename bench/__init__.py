"""Measurements that `bin/bench` prints: what a page, a load and an export cost, beside what they are compared with."""
