"""Campaigns: spec -> plan -> threshold search -> ledger; reads campaigns/."""
