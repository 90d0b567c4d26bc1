"""Run or comparison ▶ HTML that is read offline."""
