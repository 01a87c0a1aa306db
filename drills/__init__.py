"""Simulated multi-nation drills: scenarios, their play over the gateways' HTTP APIs, judgement and report."""
