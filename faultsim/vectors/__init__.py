"""Test vectors: what the tester applies and what it has to see."""
