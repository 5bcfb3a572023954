"""Fault models: defect definition and site in, faulty deck out; reads fault_models/."""
