"""How tokens are got (``grant_type``), one file for each; ``table`` lists them."""
