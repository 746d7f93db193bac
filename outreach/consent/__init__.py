"""Consent: what a person agreed to, who must not be written to, and the gate that asks both."""
