"""What fewer and more draws would have shown: by number and by coverage."""
