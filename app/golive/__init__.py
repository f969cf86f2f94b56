"""An approved trial becomes the live workspace, is checked there, and can be taken back."""
