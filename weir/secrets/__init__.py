"""What Weir keeps secret itself: the key ring, the file that it stands in, and what is encrypted with it.

A **key ring** is a file of keys, each for one purpose: ``store`` (what must be read again from the store), ``signing``
(the keys that sign tokens), ``node`` (what a node keeps on its disk), ``tls`` (private keys of certificates). Read
``ring`` first, then ``ring_file``. Nothing here knows the store or the network.
"""
