"""What Entente costs, beside the floors it stands on, measured in one run: ``python -m benchmarks``.

Everything is real: nations in processes of their own, stores on disk with synchronous=FULL, a nats-server
that syncs always, loopback only. Figures mean something as ratios to the floors of the same run. Nothing here
asserts a time.
"""
