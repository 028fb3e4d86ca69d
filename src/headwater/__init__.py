"""Headwater: raw exports in, audited marts out."""
