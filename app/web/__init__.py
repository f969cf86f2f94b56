"""What pages have in common: context, navigation, fingerprints of forms, downloads, HTTP security."""
