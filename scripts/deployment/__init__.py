"""What a deployment needs once, before its processes start: key rings and accounts of the store."""
