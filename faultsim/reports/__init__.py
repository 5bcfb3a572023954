"""Reports: result rows in, CSV tables, figures and one HTML page out; reads reports/."""
