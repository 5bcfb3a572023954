"""The reference pages of the documentation, made from the code and its schemas whenever the site is built."""
