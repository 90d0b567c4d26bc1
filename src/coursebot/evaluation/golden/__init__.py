"""Files ▶ golden items ▶ their places in the material, and back."""
